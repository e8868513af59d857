"""The server of the review: who is let in, what is written, and that no request whatever brings it down."""

import json
import resource
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers import Served
from test_build import NAMES, add, picture, run
from werkzeug.test import TestResponse

from curate.decisions import SILENCE
from curate.options import CurateOptions
from curate.review.application import application
from curate.review.desk import Desk
from curate.review.known import change_by
from curate.review.serve import review
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import OptionError, UsageError
from pipeline.files import sha256_of
from pipeline.gate import Address, Pass
from pipeline.listening import ListenOptions
from pipeline.records import Decision

PORT = 8765
HERE = Address("127.0.0.1", PORT)
SMALL = picture(50, width=24, height=20)
FIRST = sha256_of(picture(0))
EVERY_WORD = ("keep", "reject", "distinct", "prefer", "move", "note", "look", "undo", "burn")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> DatasetDir:
    dataset = DatasetDir(tmp_path_factory.mktemp("review") / "trees")
    add(dataset, "A", [*(picture(seed) for seed in range(4)), SMALL, b"no image"])
    add(dataset, "B", [picture(seed) for seed in range(10, 14)])
    run(dataset)
    return dataset


@pytest.fixture
def client(dataset: DatasetDir) -> FlaskClient:
    """A browser that was let in, on a dataset without decisions."""
    with open_catalog(dataset.catalog) as catalog:
        catalog._connection.execute("DELETE FROM decisions")
        catalog._connection.commit()
    return let_in(dataset)


def let_in(dataset: DatasetDir) -> FlaskClient:
    entry = Pass()
    client = application(Desk(dataset, NAMES), HERE, entry).test_client()
    client.environ_base["HTTP_HOST"] = f"127.0.0.1:{PORT}"
    client.set_cookie(f"review-{PORT}", entry.exchange(entry.token), domain="127.0.0.1")
    return client


def get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    return client.get(path, base_url=f"http://127.0.0.1:{PORT}", headers=headers)


def post(client: FlaskClient, content: object, **headers: str) -> TestResponse:
    said = headers or {"Sec-Fetch-Site": "same-origin"}
    named = {name.replace("_", "-"): value for name, value in said.items()}
    return client.post("/decisions", base_url=f"http://127.0.0.1:{PORT}", json=content, headers=named)


def word(sha256: str, action: str, value: str = "", other: str = "") -> dict[str, str]:
    return {"sha256": sha256, "other": other, "action": action, "value": value}


def said(*words: dict[str, str], after: object = 0) -> dict[str, object]:
    return {"after": after, "decisions": list(words)}


def rows(dataset: DatasetDir) -> list[Decision]:
    with open_catalog(dataset.catalog) as catalog:
        return catalog.decisions()


def test_a_token_is_exchanged_once_for_a_strict_cookie(dataset: DatasetDir) -> None:
    entry = Pass()
    client = application(Desk(dataset, NAMES), HERE, entry).test_client(use_cookies=False)
    assert get(client, "/").status_code == 403
    assert get(client, "/?token=wrong").status_code == 403
    first = get(client, f"/?token={entry.token}")
    assert (first.status_code, first.headers["Location"]) == (303, "/")
    cookie = first.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert entry.token not in cookie
    assert get(client, f"/?token={entry.token}").status_code == 403
    assert get(client, "/", Cookie=cookie.partition(";")[0]).status_code == 200
    assert get(client, "/", Cookie=f"review-{PORT}=벚꽃".encode().decode("latin-1")).status_code == 403


@pytest.mark.parametrize("path", ["/", "/decisions", "/preview?name=dark&value=1", f"/thumb/{FIRST}", "/none"])
def test_without_the_cookie_and_under_a_stranger_s_name_nothing_is_told(client: FlaskClient, path: str) -> None:
    stranger = client.application.test_client()
    assert get(stranger, path).status_code == 403
    assert get(client, path, Host="evil.example").status_code == 403
    assert get(client, path, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_every_answer_carries_the_policy_and_lets_nobody_frame_or_keep_it(client: FlaskClient) -> None:
    for path in ("/", "/decisions", "/none", f"/thumb/{FIRST}"):
        headers = get(client, path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'sha256-")
        assert headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
        assert (
            "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
            in (headers["Content-Security-Policy"])
        )
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_decision_is_written_at_once_and_saying_it_twice_writes_it_once(
    client: FlaskClient, dataset: DatasetDir
) -> None:
    for _click in range(2):
        assert post(client, said(word(FIRST, "reject"))).status_code == 200
    assert rows(dataset) == [Decision(FIRST, "", "reject", "")]
    heard = get(client, "/decisions?after=0").json
    assert heard is not None
    assert [one["action"] for one in heard["decisions"]] == ["reject"]
    assert get(client, f"/decisions?after={heard['number']}").json == {**heard, "decisions": []}


def test_who_has_not_heard_the_latest_word_is_told_it_before_overruling_it(
    client: FlaskClient, dataset: DatasetDir
) -> None:
    first = post(client, said(word(FIRST, "reject"))).json
    assert first is not None
    late = post(client, said(word(FIRST, "keep"), word(sha256_of(picture(1)), "keep")))
    assert late.status_code == 409
    assert [one["action"] for one in (late.json or {})["decisions"]] == ["reject"]
    assert len(rows(dataset)) == 1
    assert post(client, said(word(FIRST, "keep"), after=first["number"])).status_code == 200
    assert [one.action for one in rows(dataset)] == ["reject", "keep"]


def test_looks_and_other_topics_overtake_nobody(client: FlaskClient, dataset: DatasetDir) -> None:
    post(client, said(word(FIRST, "reject")))
    assert post(client, said(word(FIRST, "note", "x"), word(FIRST, "look", "kept"))).status_code == 200
    assert post(client, said(word(FIRST, "look", "dark"))).status_code == 200
    assert len(rows(dataset)) == 4


def test_what_is_taken_back_is_a_row_too(client: FlaskClient, dataset: DatasetDir) -> None:
    number = (post(client, said(word(FIRST, "reject"))).json or {})["number"]
    assert post(client, said(word(FIRST, "undo", "verdict"), after=number)).status_code == 200
    assert [one.action for one in rows(dataset)] == ["reject", "undo"]
    run(dataset)
    with open_catalog(dataset.catalog) as catalog:
        assert next(one for one in catalog.verdicts() if one.sha256 == FIRST).kept


def test_an_image_that_is_gone_is_counted_and_404_where_nothing_is_left(
    client: FlaskClient, dataset: DatasetDir
) -> None:
    assert post(client, said(word("0" * 64, "reject"))).status_code == 404
    both = post(client, said(word("0" * 64, "reject"), word(FIRST, "reject")))
    assert (both.status_code, (both.json or {})["gone"]) == (200, 1)
    assert len(rows(dataset)) == 1


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        5,
        {},
        said(),
        {"after": 0},
        {"decisions": []},
        said(after=-1),
        said(after=True),
        said(after=10**30),
        said(after="1e9"),
        said({}),
        said(word("../etc/passwd", "keep")),
        said(word(FIRST, "burn")),
        said(word(FIRST, "move", "C")),
        said(word(FIRST, "note", "\ud800")),
        said(word(FIRST, "keep", other=FIRST)),
    ],
)
def test_what_cannot_be_meant_is_400(client: FlaskClient, dataset: DatasetDir, content: object) -> None:
    expected = 200 if content == said() else 400
    assert post(client, content).status_code == expected
    assert rows(dataset) == []


@pytest.mark.parametrize(
    "path",
    [
        "/thumb/..%2f..%2fetc%2fpasswd",
        "/thumb/../../etc/passwd",
        "/thumb/" + "a" * 5000,
        "/thumb/" + "0" * 64,
        "/thumb/%00",
        "/picture/" + "0" * 64,
        "/static/x",
        "/" + "%ff" * 9,
    ],
)
def test_a_path_that_leads_nowhere_is_404(client: FlaskClient, path: str) -> None:
    assert get(client, path).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "name=dark&value=nan",
        "name=dark&value=inf",
        "name=dark&value=x",
        "name=dark",
        "name=x&value=1",
        "",
        "name=too_small&value=-5",
    ],
)
def test_a_limit_that_cannot_be_meant_is_400(client: FlaskClient, query: str) -> None:
    assert get(client, f"/preview?{query}").status_code == 400


def test_after_must_be_a_number(client: FlaskClient) -> None:
    for text in ("x", "-1", "9" * 5000, "²"):
        assert get(client, f"/decisions?after={text}").status_code == 400


def test_pictures_are_made_anew_from_pixels(client: FlaskClient) -> None:
    thumb, large = get(client, f"/thumb/{FIRST}"), get(client, f"/picture/{FIRST}")
    assert (thumb.data[:4], thumb.mimetype) == (b"RIFF", "image/webp")
    assert (large.data[:2], large.mimetype) == (b"\xff\xd8", "image/jpeg")
    assert large.data != picture(0)
    assert get(client, f"/thumb/{sha256_of(b'no image')}").status_code == 404


def test_a_raw_file_that_went_away_is_404(client: FlaskClient, dataset: DatasetDir) -> None:
    with open_catalog(dataset.catalog) as catalog:
        image = next(one for one in catalog.images() if one.sha256 == FIRST)
    path = dataset.raw_file(image.sha256, image.extension)
    data = path.read_bytes()
    path.unlink()
    try:
        assert get(client, f"/picture/{FIRST}").status_code == 404
    finally:
        path.write_bytes(data)


def test_another_limit_is_tried_out_by_the_judge_itself(client: FlaskClient, dataset: DatasetDir) -> None:
    change = get(client, "/preview?name=too_small&value=10").json
    assert change == {"kept": [sha256_of(SMALL)], "rejected": [], "command": "pipeline curate --min-size 10"}
    post(client, said(word(sha256_of(SMALL), "reject")))
    assert (get(client, "/preview?name=too_small&value=10").json or {})["kept"] == []
    known = Desk(dataset, NAMES).known
    before = known.kept(known.options, SILENCE)
    assert len(change_by(known, "too_small", 500, SILENCE, before).rejected) == 8
    with pytest.raises(OptionError):
        change_by(known, "no such check", 1, SILENCE, before)


def test_the_commands_of_a_limit_keep_the_limits_that_were_set(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "trees")
    add(dataset, "A", [picture(seed) for seed in range(3)])
    run(
        dataset,
        CurateOptions(
            split=0.5, size=40, min_size=32, keep=("blurred", "upscaled"), threshold=("dark=9", "bright=250"), workers=1
        ),
    )
    change = change_by(Desk(dataset, NAMES).known, "dark", 70.5, SILENCE, ())
    assert change.command == "pipeline curate --threshold bright=250 --threshold dark=70.5"


def test_the_page_shows_what_is_kept_too(client: FlaskClient) -> None:
    html = get(client, "/").text
    data = json.loads(html.split('id="data">')[1].split("</script>")[0])
    assert {row["sha256"] for group in data["groups"] for row in group["images"]} == set(data["images"])
    assert data["served"] is True
    assert data["images"][FIRST]["picture"] == f"thumb/{FIRST}"
    assert {limit["name"] for limit in data["limits"]} == {"too_small"}  # the dataset keeps whatever else is found


@contextmanager
def no_room() -> Iterator[None]:
    """A disk on which no file may grow beyond a page."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_507_and_nothing_is_half_written(client: FlaskClient, dataset: DatasetDir) -> None:
    with no_room():
        assert post(client, said(word(FIRST, "reject"))).status_code == 507
    assert rows(dataset) == []
    assert post(client, said(word(FIRST, "reject"))).status_code == 200


def test_a_catalogue_that_another_process_writes_is_busy_and_one_that_is_gone_is_not_made(
    client: FlaskClient, dataset: DatasetDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.catalog.BUSY_SECONDS", 0.05)
    with open_catalog(dataset.catalog) as other:
        other._connection.execute("BEGIN IMMEDIATE")
        assert post(client, said(word(FIRST, "reject"))).status_code == 503
        other._connection.rollback()
    aside = dataset.catalog.rename(dataset.root / "aside")
    try:
        assert post(client, said(word(FIRST, "reject"))).status_code == 503
        assert not dataset.catalog.exists()
    finally:
        aside.rename(dataset.catalog)


LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30)
HASHES = st.one_of(st.just(FIRST), st.text(max_size=70), st.just("0" * 64))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)),
    max_leaves=6,
)
WORDS = st.fixed_dictionaries(
    {
        "sha256": st.one_of(HASHES, VALUES),
        "other": st.one_of(st.just(""), HASHES, VALUES),
        "action": st.one_of(st.sampled_from(EVERY_WORD), VALUES),
        "value": st.one_of(st.sampled_from(["", "A", "verdict", FIRST]), st.text(max_size=9), VALUES),
    }
)
SPOKEN = st.fixed_dictionaries(
    {"after": st.one_of(st.integers(0, 9), VALUES), "decisions": st.lists(WORDS, max_size=3)}
)
BODIES = st.one_of(st.binary(max_size=60), st.one_of(VALUES, SPOKEN).map(lambda one: json.dumps(one).encode()))
PATHS = st.one_of(
    st.sampled_from(["/", "/decisions", "/preview", f"/thumb/{FIRST}", f"/picture/{FIRST}", "/thumb/", "//", "/%"]),
    st.text(max_size=20).map(lambda text: "/" + text),
    HASHES.map(lambda name: f"/thumb/{name}"),
)
QUERIES = st.dictionaries(st.sampled_from(["name", "value", "after", "token", "x"]), st.text(max_size=12), max_size=3)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Host": st.one_of(st.just(f"127.0.0.1:{PORT}"), LATIN),
        "Origin": st.one_of(st.just(f"http://127.0.0.1:{PORT}"), LATIN),
        "Sec-Fetch-Site": st.one_of(st.sampled_from(["same-origin", "none", "cross-site"]), LATIN),
        "Content-Type": st.one_of(st.just("application/json"), LATIN),
        "Range": LATIN,
        "If-None-Match": LATIN,
    },
)


@settings(
    derandomize=True, deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "NONSENSE"]),
    PATHS,
    QUERIES,
    HEADERS,
    BODIES,
)
def test_no_request_whatever_brings_the_server_down(  # noqa: PLR0917
    client: FlaskClient, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes
) -> None:
    where = path.partition("?")[0] + "?" + urlencode(query, errors="replace")
    answer: Any = client.open(where, base_url=f"http://127.0.0.1:{PORT}", method=method, headers=headers, data=body)
    assert answer.status_code < 500


@settings(
    derandomize=True, deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(BODIES)
def test_no_words_whatever_bring_the_server_down(client: FlaskClient, body: bytes) -> None:
    answer = client.post(
        "/decisions", base_url=f"http://127.0.0.1:{PORT}", headers={"Sec-Fetch-Site": "same-origin"}, data=body
    )
    assert answer.status_code in (200, 400, 404, 409)


def test_there_is_nothing_to_review_before_a_curation(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "trees")
    with pytest.raises(UsageError, match="pipeline curate"):
        review(ListenOptions(), dataset, names=NAMES, announce=lambda _text: None)
    add(dataset, "A", [picture(0)])
    with pytest.raises(UsageError, match="pipeline curate"):
        review(ListenOptions(), dataset, names=NAMES, announce=lambda _text: None)


@pytest.mark.parametrize("options", [ListenOptions(host="192.0.2.1"), ListenOptions(host="no such host")])
def test_an_address_at_which_nothing_can_listen_is_refused_by_name(dataset: DatasetDir, options: ListenOptions) -> None:
    with pytest.raises(UsageError, match=f"--host {options.host}"):
        review(options, dataset, names=NAMES, announce=lambda _text: None)


class Reviewed(Served):
    """`pipeline review` as a process of its own, and a person who opened its page."""

    def __init__(self, dataset: DatasetDir, *options: str) -> None:
        super().__init__("review", "--dataset", str(dataset.root), *options)

    def say(self, *words: dict[str, str], after: int = 0) -> requests.Response:
        headers = {"Origin": self.address.rstrip("/")}
        return self.session.post(
            f"{self.address}decisions", json=said(*words, after=after), headers=headers, timeout=30
        )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_the_command_serves_until_it_is_told_to_end(
    client: FlaskClient, dataset: DatasetDir, number: signal.Signals, code: int
) -> None:
    del client
    served = Reviewed(dataset)
    assert served.enter() == 200
    assert served.say(word(FIRST, "reject")).status_code == 200
    left, out, err = served.end(number)
    assert left == code, err
    assert err.strip() == ("" if code == 0 else "Stopped.")
    assert not out or json.loads(out) == {"decisions": 1}
    assert rows(dataset) == [Decision(FIRST, "", "reject", "")]


def test_what_was_acknowledged_survives_a_kill_in_the_midst(client: FlaskClient, dataset: DatasetDir) -> None:
    del client
    served = Reviewed(dataset)
    served.enter()
    acknowledged: list[str] = []
    several = threading.Event()

    def speak() -> None:
        number = 0
        with suppress(requests.ConnectionError):
            for note in map(str, range(10_000)):
                answer = served.say(word(FIRST, "note", note), after=number)
                number = answer.json()["number"]
                acknowledged.append(note)
                if len(acknowledged) == 9:
                    several.set()

    speaker = threading.Thread(target=speak)
    speaker.start()
    assert several.wait(30)
    served.end(signal.SIGKILL)
    speaker.join()
    stored = [one.value for one in rows(dataset)]
    assert stored[: len(acknowledged)] == acknowledged
    assert len(stored) <= len(acknowledged) + 1
    assert let_in(dataset).get("/", base_url=f"http://127.0.0.1:{PORT}").status_code == 200


def test_the_server_listens_on_loopback_only_and_strange_requests_do_not_end_it(
    client: FlaskClient, dataset: DatasetDir
) -> None:
    del client
    served = Reviewed(dataset)
    assert served.address.startswith("http://127.0.0.1:")
    port = int(served.address.rstrip("/").rpartition(":")[2])
    for data in (
        b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\xff" * 300 + b"\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /decisions HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
        assert b" 500 " not in answer.split(b"\r\n")[0]
    assert served.enter() == 200
    served.end(signal.SIGINT)
