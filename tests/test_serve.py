"""Serving a run: a photo dropped on a page of this machine comes back translated, and nothing of it is kept."""

import base64
import io
import json
import signal
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
import torch
from chromium import Reader
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from servers import Served
from torch import Tensor
from trainings import picture
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from pipeline.cli import cli
from pipeline.errors import UnusableError, UsageError
from pipeline.gate import Address, Pass
from pipeline.language import is_korean
from pipeline.listening import ListenOptions
from pipeline.webserver import answering
from train.options import DIRECTIONS, ServeOptions
from train.rundir import RunDir, read_settings, write_settings
from train.serve import studio as studio_room
from train.serve.application import application
from train.serve.door import serve
from train.serve.photos import MOST, photos_to_try
from train.serve.studio import MOST_BYTES, MOST_PIXELS, Studio
from train.translator import load_generator, translate_image

PORT = 8765
HERE = Address("127.0.0.1", PORT)
CPU = torch.device("cpu")
WAYS = {"a2b": "street → blossom", "b2a": "blossom → street"}
OWN = {"Sec-Fetch-Site": "same-origin"}


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


PHOTO = encoded(picture(7, (60, 40)))


@pytest.fixture
def studio(tiny_run: RunDir, one_thread: None) -> Studio:
    return Studio({way: load_generator(tiny_run.root, way, CPU) for way in DIRECTIONS}, CPU, 200)


def application_of(studio: Studio, address: Address = HERE, entry: Pass | None = None) -> FlaskClient:
    photos = {"a2b": [PHOTO, PHOTO], "b2a": [PHOTO]}
    return application(studio, "00000-run", WAYS, photos, address=address, entry=entry).test_client()


@pytest.fixture
def client(studio: Studio) -> FlaskClient:
    return application_of(studio)


def get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, base_url=f"http://127.0.0.1:{PORT}", headers=named)


def send(client: FlaskClient, data: bytes = PHOTO, way: str = "a2b", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()} or OWN
    return client.post(f"/translate/{way}", base_url=f"http://127.0.0.1:{PORT}", data=data, headers=named)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def far(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures of one size are apart, the mean of all values, of 255."""
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other.convert("RGB"), dtype=float)).mean())


@pytest.mark.parametrize("way", DIRECTIONS)
def test_a_photo_comes_back_as_translate_makes_it_and_as_it_was(studio: Studio, tiny_run: RunDir, way: str) -> None:
    made = studio.translate(PHOTO, way)
    wanted = translate_image(load_generator(tiny_run.root, way, CPU), picture(7, (60, 40)), CPU)
    assert (made.width, made.height, made.original) == (60, 40, (60, 40))
    assert far(opened(made.after), wanted) < 3
    assert far(opened(made.before), picture(7, (60, 40))) < 3
    assert studio.translated == 1


def test_a_photo_is_turned_upright_and_comes_back_without_metadata(studio: Studio) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8769] = {0x9286: b"where I live"}
    made = studio.translate(encoded(picture(7, (60, 40)), "JPEG", exif=exif, quality=95), "a2b")
    assert (made.width, made.height) == (40, 60)
    assert far(opened(made.before), picture(7, (60, 40)).transpose(Image.Transpose.ROTATE_270)) < 8
    for data in (made.before, made.after):
        assert not opened(data).getexif() and set(opened(data).info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
        }


@pytest.mark.parametrize(
    ("form", "longest", "size"), [("JPEG", 200, (200, 100)), ("PNG", 200, (200, 100)), ("PNG", 0, (1000, 500))]
)
def test_a_larger_photo_is_scaled_down_as_far_as_was_said(
    studio: Studio, form: str, longest: int, size: tuple[int, int]
) -> None:
    studio = Studio(studio.translators, CPU, longest)
    made = studio.translate(encoded(picture(1, (1000, 500)), form), "b2a")
    assert (made.width, made.height, made.original) == (*size, (1000, 500))
    assert opened(made.before).size == opened(made.after).size == size


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (33, 47), (66_000, 2)])
def test_a_picture_of_any_shape_is_translated(studio: Studio, size: tuple[int, int]) -> None:
    whole = Studio(studio.translators, CPU, 0)
    made = whole.translate(encoded(picture(1, (50, 50)).resize(size)), "a2b")
    assert opened(made.after).size == (made.width, made.height) == tuple(min(side, 65_500) for side in size)


HUGE = encoded(Image.new("1", (10_000, MOST_PIXELS // 10_000 + 1)))


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", 415, "no picture"),
        (b"<svg/>", 415, "no picture"),
        (b"GIF89a", 422, "damaged"),
        (PHOTO[:-60], 422, "damaged"),
        (HUGE, 413, "50 million pixels"),
        (b"\0" * (MOST_BYTES + 1), 413, "32 MB"),
    ],
    ids=["nothing", "no picture", "a head alone", "cut off", "too many pixels", "too many bytes"],
)
def test_what_is_no_picture_or_too_large_is_refused_with_words(
    client: FlaskClient, data: bytes, code: int, said: str
) -> None:
    answer = send(client, data)
    assert answer.status_code == code
    assert answer.json and said in answer.json["error"]


def test_a_way_that_is_none_is_404(client: FlaskClient) -> None:
    assert send(client, way="a2c").status_code == 404
    assert get(client, "/photo/a2c/0").status_code == get(client, "/photo/a2b/2").status_code == 404


class Held(torch.nn.Module):
    """A generator that waits until it may go on, and counts how many are in it at once."""

    def __init__(self, generator: torch.nn.Module, error: str = "") -> None:
        super().__init__()
        self.generator = generator
        self.error = error
        self.entered, self.may_go = threading.Event(), threading.Event()
        self.inside = self.most = 0

    def forward(self, images: Tensor) -> Tensor:
        if self.error:
            raise RuntimeError(self.error)
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.entered.set()
        assert self.may_go.wait(30)
        self.inside -= 1
        return images


def held(studio: Studio, error: str = "") -> tuple[Held, Studio]:
    translator = Held(studio.translators["a2b"].generator, error)
    return translator, Studio({"a2b": translator}, CPU, 0)


def test_who_comes_when_the_queue_is_full_is_told_to_come_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_room, "MOST_WAITING", 0)
    translator, one = held(studio)
    client = application_of(one)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(one.translate, PHOTO, "a2b")
        assert translator.entered.wait(30)
        answer = send(client)
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
        assert answer.json and "Try again" in answer.json["error"]
        assert get(client, "/").status_code == 200
        translator.may_go.set()
        assert first.result().width == 60
    assert send(client).status_code == 200


def test_one_photo_at_a_time_is_translated(studio: Studio) -> None:
    translator, one = held(studio)
    translator.may_go.set()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _number: one.translate(PHOTO, "a2b"), range(4)))
    assert len(made) == one.translated == 4 and translator.most == 1


def test_a_photo_that_is_refused_leaves_its_place_to_the_next(studio: Studio) -> None:
    for data in (PHOTO[:-60], b"", HUGE):
        for _time in range(studio_room.MOST_WAITING + 2):
            with pytest.raises(HTTPException):
                studio.translate(data, "a2b")
    assert studio.translate(PHOTO, "a2b").width == 60


def test_a_memory_that_is_not_enough_is_told_and_another_fault_is_not_hidden(studio: Studio) -> None:
    answer = send(application_of(held(studio, "DefaultCPUAllocator: can't allocate memory")[1]))
    assert answer.status_code == 413 and answer.json and "smaller" in answer.json["error"]
    with pytest.raises(RuntimeError, match="shapes"):
        held(studio, "shapes do not match")[1].translate(PHOTO, "a2b")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": f"http://127.0.0.1:{PORT + 1}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null"},
        {"Host": "evil.example", "Sec-Fetch-Site": "same-origin"},
        {"User-Agent": "curl"},
    ],
)
def test_only_the_page_itself_may_send_a_photo(client: FlaskClient, headers: dict[str, str]) -> None:
    assert send(client, **headers).status_code == 403


def test_another_machine_needs_the_token_which_every_device_may_use(studio: Studio) -> None:
    entry = Pass(once=False)
    for _device in range(2):
        client = application_of(studio, Address("0.0.0.0", PORT), entry)
        assert send(client).status_code == get(client, "/").status_code == 403
        assert get(client, f"/?token={entry.token}").status_code == 303
        answer = get(client, "/")
        assert answer.status_code == send(client).status_code == 200
        assert "Cross-Origin-Opener-Policy" not in answer.headers  # which without https is heeded on loopback only


def test_the_page_carries_its_policy_and_is_kept_by_nobody(client: FlaskClient) -> None:
    answer = get(client, "/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'" in policy
    assert policy.endswith("frame-ancestors 'none'")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == send(client).headers["Cache-Control"] == "no-store"


def test_photos_to_try_are_test_images_of_both_domains(tiny_run: RunDir, tmp_path: Path) -> None:
    dataroot = Path(read_settings(tiny_run).dataroot)
    found = photos_to_try(dataroot, ("A", "B"), tiny_run)
    assert [len(found[domain]) for domain in ("A", "B")] == [2, 3]
    assert opened(found["A"][0]).size == (48, 40)
    assert photos_to_try(tmp_path / "gone", ("A", "B"), None) == {}
    run = RunDir(tmp_path)
    for number in range(3 * MOST):
        path = run.test / "real_A" / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PHOTO if number else b"no picture")
    found = photos_to_try(tmp_path / "gone", ("A", "B"), run)
    assert (len(found["A"]), found["B"]) == (MOST - 1, [])


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=20)
PATHS = st.one_of(
    st.sampled_from(["/", "/translate/a2b", "/translate/", "/photo/a2b/0", "/photo/b2a/99999999999999999999"]),
    st.text(max_size=20).map(lambda text: "/" + text),
    st.text(max_size=20).map(lambda text: "/translate/" + text),
)
BODIES = st.one_of(
    st.binary(max_size=60),
    st.tuples(st.integers(0, len(PHOTO) - 1), st.integers(0, 255)).map(
        lambda one: PHOTO[: one[0]] + bytes([one[1]]) + PHOTO[one[0] + 1 :]
    ),
    st.integers(0, len(PHOTO)).map(lambda end: PHOTO[:end]),
)
HEADERS = st.fixed_dictionaries(
    {"Sec-Fetch-Site": st.sampled_from(["same-origin", "same-origin", "none", "cross-site"])},
    optional={
        "Origin": TEXT,
        "Content-Type": TEXT,
        "Content-Encoding": TEXT,
        "Accept": TEXT,
        "Transfer-Encoding": TEXT,
    },
)


@settings(
    derandomize=True, deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT", "OPTIONS", "NONSENSE"]), PATHS, HEADERS, BODIES)
def test_no_request_whatever_brings_the_server_down(
    client: FlaskClient, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    where = quote(path, safe="/%", errors="replace")
    answer = client.open(where, base_url=f"http://127.0.0.1:{PORT}", method=method, headers=headers, data=body)
    assert answer.status_code < 500


@pytest.fixture
def address(studio: Studio) -> Iterator[str]:
    """The address of a server of the studio."""

    def make(at: Address) -> object:
        return application(studio, "00000-run", WAYS, {"a2b": [PHOTO, PHOTO], "b2a": []}, address=at, entry=None)

    with answering(make, ListenOptions(), MOST_BYTES) as (at, _thread):
        yield at.shown


def test_a_photo_of_megabytes_never_touches_the_disk(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import requests

    def no_file(*_arguments: object, **_options: object) -> object:
        raise AssertionError("a file")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    noise = np.random.default_rng(0).integers(0, 256, (900, 900, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise))
    assert len(data) > 2_000_000
    with requests.Session() as session:
        session.trust_env = False
        origin = {"Origin": address.rstrip("/")}
        answer = session.post(f"{address}translate/a2b", data=data, headers=origin, timeout=30)
        assert answer.status_code == 200 and answer.json()["original"] == [900, 900]


def test_the_command_serves_until_ctrl_c_and_says_how_many_it_translated(tiny_run: RunDir) -> None:
    served = Served("serve", str(tiny_run.root))
    assert served.enter() == 200
    origin = {"Origin": served.address.rstrip("/")}
    answer = served.session.post(f"{served.address}translate/b2a", data=PHOTO, headers=origin, timeout=60)
    assert opened(base64.b64decode(answer.json()["after"])).size == (60, 40)
    code, out, err = served.end(signal.SIGINT)
    assert (code, json.loads(out), err.strip()) == (0, {"translated": 1}, "")


def test_weights_come_in_place_of_a_run_and_a_run_without_any_is_refused(tiny_run: RunDir, tmp_path: Path) -> None:
    def interrupted(page: str) -> None:
        raise KeyboardInterrupt

    names, said = {"A": "street", "B": "blossom"}, list[str]()
    weights = str(tiny_run.generators("last"))
    options = ServeOptions(weights=weights, host="127.0.0.2")
    summary = serve(options, None, None, names=names, announce=said.append, open_page=interrupted)
    assert summary.translated == 0 and "?token=" in said[0]
    with pytest.raises(UsageError):
        serve(ServeOptions(weights="none.pth"), None, None, names=names, announce=said.append)
    untrained = RunDir(tmp_path / "00000-untrained")
    untrained.root.mkdir()
    write_settings(untrained, read_settings(tiny_run))
    with pytest.raises(UnusableError):
        serve(ServeOptions(), untrained, None, names=names, announce=said.append)


def test_without_torch_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"pip install -e '\.\[train\]'"):
        cli.main(["serve"], standalone_mode=False)


def test_a_run_and_weights_together_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"netG_A2B\.pth.*run 3"):
        cli.main(["serve", "3", "--weights", "netG_A2B.pth"], standalone_mode=False)


@pytest.fixture
def page(reader: Reader, address: str) -> Reader:
    """The page, open in a browser."""
    reader.open(address)
    return reader


DROP = """
const file = new File([Uint8Array.from(atob(arguments[0]), (one) => one.charCodeAt(0))], arguments[1]);
const data = new DataTransfer();
data.items.add(file);
document.querySelector(arguments[2]).dispatchEvent(
  new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
"""


def drop(page: Reader, data: bytes, name: str = "거리.png", where: str = ".drop") -> None:
    page.run(DROP, base64.b64encode(data).decode(), name, where)


def done(page: Reader) -> bool:
    return page.text("[role=status]") == "Done." and page.find("img.after").get_property("naturalWidth") == 60


def still(page: Reader) -> None:
    """Have the system ask for no motion, so that the slider is where it will be."""
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    page.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.mark.browser
@pytest.mark.parametrize("where", [".drop", "h1"])
def test_a_photo_that_is_dropped_anywhere_comes_back_before_and_after(page: Reader, where: str, studio: Studio) -> None:
    drop(page, PHOTO, where=where)
    page.until(lambda: done(page))
    both = (
        "return [...document.querySelectorAll('.stage img')].map((one) => [one.alt, one.naturalHeight, one.complete])"
    )
    assert page.run(both) == [["after: 거리.png", 40, True], ["before: 거리.png", 40, True]]
    page.until(lambda: page.find(".stage input").get_property("value") == "15")  # it has bloomed
    assert "60 × 40" in page.text(".actions")
    assert page.console() == [] and page.run("return location.pathname") == "/"


@pytest.mark.browser
def test_the_slider_moves_by_key_and_shows_what_was_before_on_its_left(page: Reader) -> None:
    still(page)
    drop(page, PHOTO)
    page.until(lambda: done(page))
    slider = page.find(".stage input")
    clip = "return getComputedStyle(document.querySelector('img.before')).clipPath"
    assert slider.get_property("value") == "50"
    slider.send_keys(Keys.HOME)
    assert page.run(clip) == "inset(0px 100% 0px 0px)"
    slider.send_keys(Keys.ARROW_RIGHT)
    assert page.run(clip) == "inset(0px 99% 0px 0px)"
    assert slider.get_attribute("aria-valuetext") == "1 % before"
    slider.send_keys(Keys.END)
    assert page.run(clip) == "inset(0px 0% 0px 0px)"


@pytest.mark.browser
def test_the_result_is_downloaded_under_the_photo_s_name(page: Reader, downloads: Path) -> None:
    drop(page, PHOTO, "street photo.png")
    page.until(lambda: done(page))
    page.find("a.button").click()
    file = downloads / "street photo-a2b.jpg"
    page.until(file.is_file)
    assert opened(file.read_bytes()).size == (60, 40)


@pytest.mark.browser
def test_the_same_photo_is_translated_the_other_way_and_photos_to_try_are_of_that_way(page: Reader) -> None:
    assert len(page.chrome.find_elements(By.CSS_SELECTOR, ".photos img")) == 2
    drop(page, PHOTO)
    page.until(lambda: done(page))
    first = page.find("img.after").get_attribute("src")
    page.find("input[type=radio]").send_keys(Keys.ARROW_RIGHT)
    page.until(lambda: done(page) and page.find("img.after").get_attribute("src") != first)
    assert (page.find("a.button").get_attribute("download") or "").endswith("-b2a.jpg")
    assert not page.find(".try").is_displayed()


@pytest.mark.browser
def test_a_photo_is_chosen_as_a_file_or_tried_by_a_click(page: Reader, tmp_path: Path, studio: Studio) -> None:
    (tmp_path / "mine.png").write_bytes(PHOTO)
    page.find("input[type=file]").send_keys(str(tmp_path / "mine.png"))
    page.until(lambda: done(page))
    assert "mine.png" in (page.find("img.after").get_attribute("alt") or "")
    page.find(".photos button").send_keys(Keys.ENTER)
    page.until(lambda: "Photo 1" in (page.find("img.after").get_attribute("alt") or ""))
    assert studio.translated == 2


@pytest.mark.browser
def test_what_is_no_photo_or_too_large_is_refused_and_the_next_one_is_taken(page: Reader) -> None:
    drop(page, b"no picture at all", "notes.txt")
    page.until(lambda: "no picture" in page.text("[role=alert]"))
    assert not page.find(".result").is_displayed()
    page.run("translate(new File([new Uint8Array(arguments[0])], 'large.jpg'))", MOST_BYTES + 1)
    page.until(lambda: "32 MB" in page.text("[role=alert]"))
    drop(page, HUGE)
    page.until(lambda: "million pixels" in page.text("[role=alert]"))
    drop(page, PHOTO)
    page.until(lambda: done(page))
    assert page.text("[role=alert]") == ""


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_no_serious_fault_and_a_phone_shows_the_whole_width(
    reader: Reader, address: str, scheme: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    is_korean.cache_clear()
    reader.prefer(scheme)
    reader.chrome.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    reader.open(address)
    assert reader.faults() == []
    drop(reader, PHOTO)
    reader.until(lambda: reader.text("[role=status]") == "끝났습니다.")
    assert reader.faults() == []
    assert reader.run("return document.documentElement.scrollWidth") == width
