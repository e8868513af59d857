"""Trackers: what they are sent, and that a training goes on whether they are missing, slow or dead."""

import base64
import builtins
import io
import itertools
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from trainings import StopAt, assert_equal_to_the_bit, dataset, state_of, tiny

from pipeline.errors import OptionError
from pipeline.progress import Silent
from train import journal, trackers
from train.cyclegan import Objective
from train.loop import train
from train.rundir import RunDir, read_lines
from train.trackers import CURVES, Feed, Point, TrackerError, curves_of
from train.visdom import MOST_POINTS, Visdom, curve_window, evenly, picture_window


class Server:
    """A loopback recorder of visdom's protocol; it can also refuse, or never answer."""

    def __init__(self, status: int = 200, *, silent: bool = False) -> None:
        self.windows: list[dict[str, Any]] = []
        self.asked = threading.Event()
        self.released = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"  # a connection for each request: none outlives the server

            def do_POST(self) -> None:
                owner.asked.set()
                if silent:
                    owner.released.wait(60)
                    return
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/events"
                owner.windows.append(json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "1")
                self.end_headers()
                self.wfile.write(b"x")

            def log_message(self, *_arguments: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def latest(self, name: str) -> dict[str, Any]:
        return [window for window in self.windows if window["win"] == name][-1]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dataset(tmp_path_factory.mktemp("data") / "street2blossom")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "--track" in record.getMessage()]


def test_curves_are_weighted_and_summed_over_both_directions() -> None:
    line = {"gan_a2b": 0.25, "gan_b2a": 0.5, "cycle_a": 0.1, "cycle_b": 0.2, "identity_a": 0.01, "identity_b": 0.02,
            "discriminator_a": 0.3, "discriminator_b": 0.4}  # fmt: skip
    curves = curves_of(line, Objective("lsgan", (), 10.0, 5.0, 4.0, 2.0))

    assert curves == pytest.approx(
        {"loss_G_GAN": 0.75, "loss_G_cycle": 2.0, "loss_G_identity": 0.08, "loss_G": 2.83, "loss_D": 0.7}
    )


def test_a_loss_that_is_left_out_counts_nothing() -> None:
    assert curves_of({"gan_a2b": 1.0}, Objective("lsgan", (), 10, 10, 0, 0))["loss_G"] == 1.0


def test_visdom_gets_the_five_curves_and_the_four_pictures(data: Path, tmp_path: Path, server: Server) -> None:
    summary = train(tiny(track="visdom", track_url=server.url), data, tmp_path, resume=None, progress=Silent())

    assert {window["win"] for window in server.windows} == {*CURVES, "real_A", "fake_B", "real_B", "fake_A"}
    assert {window["eid"] for window in server.windows} == {Path(summary.run).name}
    (trace,) = server.latest("loss_G")["data"]
    lines = read_lines(RunDir(Path(summary.run)).metrics)
    assert trace["x"] == [line["epoch"] for line in lines]
    last = lines[-1]
    cycle, identity = last["cycle_a"] + last["cycle_b"], last["identity_a"] + last["identity_b"]
    assert trace["y"][-1] == pytest.approx(last["gan_a2b"] + last["gan_b2a"] + 10 * cycle + 5 * identity, rel=1e-4)
    assert server.latest("loss_G")["layout"]["title"]["text"] == server.latest("loss_G")["opts"]["title"] == "loss_G"
    (image,) = server.latest("fake_B")["data"]
    kind, _comma, encoded = image["content"]["src"].partition(",")
    assert (kind, image["type"], image["content"]["caption"]) == ("data:image/png;base64", "image", "step 6")
    assert Image.open(io.BytesIO(base64.b64decode(encoded))).size == (256, 256)


def test_a_resumed_run_shows_every_point_once(data: Path, tmp_path: Path, server: Server) -> None:
    options = tiny(track="visdom", track_url=server.url)
    with pytest.raises(KeyboardInterrupt):
        train(options, data, tmp_path, resume=None, progress=StopAt(3))
    server.windows.clear()
    train(options, data, tmp_path, resume="", progress=Silent())

    run = RunDir(next(tmp_path.iterdir()))
    (trace,) = server.latest("loss_D")["data"]
    assert trace["x"] == [line["epoch"] for line in read_lines(run.metrics)]


def test_a_server_that_starts_late_shows_the_whole_curve(server: Server) -> None:
    visdom = Visdom(f"http://127.0.0.1:{free_port()}", "run")
    with pytest.raises(TrackerError, match=r"visdom\.server"):
        visdom.add(Point(20, 0.5, {"loss_G": 2.0}))
    visdom = Visdom(server.url + "/", "run", visdom._points)
    visdom.add(Point(40, 1.0, {"loss_G": 1.0}))

    assert server.latest("loss_G")["data"][0]["y"] == [2.0, 1.0]


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    points = [Point(step, step / 10, {"loss_G": 1.0}) for step in range(5 * MOST_POINTS + 3)]
    few = evenly(points, MOST_POINTS)

    assert len(few) <= MOST_POINTS and few[-1] == points[-1]
    assert len({later.step - earlier.step for earlier, later in itertools.pairwise(few)}) == 1
    assert evenly([], 5) == []


def test_one_point_is_drawn_as_a_point_and_a_large_picture_keeps_its_size() -> None:
    assert curve_window("loss_G", [Point(1, 0.1, {"loss_G": 1.0})], "run")["data"][0]["mode"] == "markers"  # type: ignore[index]
    content = picture_window("real_A", 1, Image.new("RGB", (512, 384)), "run")["data"][0]["content"]  # type: ignore[index]
    assert Image.open(io.BytesIO(base64.b64decode(content["src"].partition(",")[2]))).size == (512, 384)


def test_proxies_of_the_environment_are_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    Visdom(server.url, "run").add(Point(20, 0.5, {"loss_G": 2.0}))

    assert server.windows


@pytest.mark.parametrize("kind", ["down", "refusing", "silent"])
def test_a_tracker_that_is_down_refuses_or_never_answers_costs_one_warning_and_no_weight(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(trackers, "CLOSE_SECONDS", 0.2)
    made = Server(500 if kind == "refusing" else 200, silent=kind == "silent")
    url = f"http://127.0.0.1:{free_port()}" if kind == "down" else made.url
    plain = train(tiny(steps=3), data, tmp_path / "plain", resume=None, progress=Silent())
    with caplog.at_level(logging.WARNING):
        shown = train(
            tiny(steps=3, track="visdom", track_url=url), data, tmp_path / "x", resume=None, progress=Silent()
        )
    still_waiting = not made.released.is_set()
    made.close()

    assert still_waiting, "the training waited for an answer"
    assert made.asked.is_set() or kind == "down"
    assert len(told(caplog)) == 1
    assert "visdom" in RunDir(Path(shown.run)).log.read_text()
    assert_equal_to_the_bit(state_of(shown.run), state_of(plain.run))


def test_a_tracker_that_dies_midway_costs_one_warning(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackers, "CLOSE_SECONDS", 1)
    made = Server()

    class Killing(StopAt):
        def update(self, done: int, note: str = "") -> None:
            if self.training and done == self.step:
                made.asked.wait(30)
                made.close()

    with caplog.at_level(logging.WARNING):
        options = tiny(steps=8, track="visdom", track_url=made.url)
        assert train(options, data, tmp_path, resume=None, progress=Killing(3)).steps == 8
    assert len(told(caplog)) == 1


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_tracker_that_is_not_installed_says_what_to_install(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = builtins.__import__

    def without(module: str, *rest: Any, **named: Any) -> Any:
        if module.split(".", maxsplit=1)[0] == name or module == f"torch.utils.{name}":
            raise ModuleNotFoundError(f"No module named {module!r}", name=module)
        return real(module, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with caplog.at_level(logging.WARNING):
        assert train(tiny(steps=2, track=name), data, tmp_path, resume=None, progress=Silent()).steps == 2
    assert [f'pip install "unpaired[{name}]"' in message for message in told(caplog)] == [True]


def test_tensorboard_gets_curves_and_pictures_and_hides_what_a_killed_run_wrote(data: Path, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    options = tiny(track="tensorboard")
    with pytest.raises(KeyboardInterrupt):
        train(options, data, tmp_path, resume=None, progress=StopAt(3))
    train(options, data, tmp_path, resume="", progress=Silent())

    run = RunDir(next(tmp_path.iterdir()))
    events = EventAccumulator(str(run.root / "tensorboard")).Reload()
    assert set(CURVES) <= set(events.Tags()["scalars"])
    assert {"real_A", "fake_B", "real_B", "fake_A"} <= set(events.Tags()["images"])
    assert [one.step for one in events.Scalars("loss_G")] == [line["step"] for line in read_lines(run.metrics)]


WANDB_CHILD = """
import sys
from pathlib import Path
from pipeline.progress import Silent
from train import trackers
from train.loop import train
from trainings import tiny
trackers.CLOSE_SECONDS = 60
train(tiny(steps=2, track="wandb"), Path(sys.argv[1]), Path(sys.argv[2]), resume=None, progress=Silent())
"""


def test_wandb_is_offline_and_in_the_run_s_folder(data: Path, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WANDB")}
    environment |= {"PYTHONPATH": str(Path(__file__).parent), "HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", WANDB_CHILD, str(data), str(tmp_path / "runs")]
    child = subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False)

    assert (child.returncode, b"--track" in child.stderr) == (0, False), child.stderr.decode()
    (folder,) = tmp_path.glob("runs/*/wandb/offline-run-*")
    assert list(folder.glob("*.wandb"))
    pictures = {path.name.split("_2_")[0] for path in (folder / "files/media/images").glob("*_2_*.png")}
    assert pictures == {"real_A", "fake_B", "real_B", "fake_A"}


def test_what_a_slow_tracker_cannot_take_is_left_out_with_one_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackers, "CLOSE_SECONDS", 0.05)
    taken = threading.Event()

    class Slow:
        def add(self, point: Point) -> None:
            taken.wait(60)

        def show(self, step: int, pictures: object) -> None: ...

        def close(self) -> None: ...

    with caplog.at_level(logging.WARNING):
        feed = Feed("slow", Slow)
        for step in range(3 * trackers.WAITING):
            feed.give(lambda tracker, step=step: tracker.add(Point(step, 0, {})))  # type: ignore[misc]
        feed.close()
    taken.set()
    assert len(told(caplog)) == 1


def test_pictures_are_given_at_sheets_and_examinations_only(
    data: Path, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "EXAMINE_EVERY", 2)
    monkeypatch.setattr(journal, "LOG_EVERY", 1)
    options = tiny(steps=5, sample_every=1000, checkpoint_every=1000, track="visdom", track_url=server.url)
    train(options, data, tmp_path, resume=None, progress=Silent())

    shown = [window["data"][0]["content"]["caption"] for window in server.windows if window["win"] == "fake_A"]
    assert shown == ["step 2", "step 4", "step 5"]


@pytest.mark.parametrize("changes", [{"track": "visdom,tensorbord"}, {"track_url": "localhost:8097"},
                                     {"track_url": "ftp://localhost"}, {"track_url": "http://"},
                                     {"track_url": "http://[x"}])  # fmt: skip
def test_a_tracker_or_address_that_cannot_be_meant_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(OptionError):
        tiny(**changes)


def test_several_trackers_may_be_named_once_each() -> None:
    assert tiny(track="visdom, wandb,visdom").trackers == ("visdom", "wandb")
