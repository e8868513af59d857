"""What a user sees of every command: one look, one JSON object where it was asked for, words that shells complete."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from rich.console import Console
from test_build import add, picture
from trainings import TINY

from curate.options import KEEPABLE
from pipeline.catalog import open_catalog
from pipeline.cli import GOES_ON, _stopped_text, cli
from pipeline.dataset import DatasetDir
from pipeline.demo.offers import Offer
from pipeline.demo.site import serve
from pipeline.recipe import STREET_TO_BLOSSOM
from pipeline.terminal import Bars, columns, pace, set_up_logging

SERVERS = {"review", "watch", "serve"}
"""Their own tests start them, stop them and read what they print."""
MINUTES = {"demo"}
"""tests/test_demo.py reads what it prints."""
COMMANDS = {
    "crawl": ["--urls", "list.txt", "--domain", "A", "--limit", "2"],
    "add": ["photos", "--domain", "B"],
    "curate": [],
    "status": ["--failed"],
    "train": [],
    "test": [],
    "evaluate": [],
    "translate": ["photos"],
    "run": [],
    "export": ["--format", "recipe"],
    "forget": ["http://example.org/gone.jpg"],
    "selftest": ["photos"],
    "doctor": [],
}
"""Each command with words for a small real task, in an order in which each finds what it needs."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[int, str]]]:
    """What each command printed to stdout with --json, and its exit code, in one small project."""
    folder = tmp_path_factory.mktemp("project")
    tiny = {name: getattr(TINY, name) for name in ("size", "width", "generator", "discriminator_layers", "num_workers")}
    lines = [f"{name} = {json.dumps(value)}" for name, value in {**tiny, "steps": 2}.items()]
    (folder / "pipeline.toml").write_text(
        "\n".join(["[curate]", "split = 0.5", "size = 32", f"keep = {json.dumps(KEEPABLE)}", "[train]", *lines])
    )
    (folder / "photos").mkdir()
    for number in range(2):
        (folder / "photos" / f"{number}.jpg").write_bytes(picture(90 + number))
    dataset = DatasetDir(folder / "datasets" / "street2blossom")
    for first, domain in ((0, "A"), (20, "B")):
        add(dataset, domain, [picture(first + number) for number in range(12)])  # type: ignore[arg-type]
    with open_catalog(dataset.catalog) as catalog:
        for query in STREET_TO_BLOSSOM.queries():
            catalog.remember(f"crawl:google:{query.domain}:{query.text}", "300")
    offered = [Offer(f"{number}.jpg", picture(50 + number)) for number in range(2)]
    with pytest.MonkeyPatch.context() as patch, serve({"q": offered}) as site:
        patch.chdir(folder)
        (folder / "list.txt").write_text("\n".join(map(site.address, offered)))
        allowed = {"crawl": ["--allow-host", site.image_host]}
        runner = CliRunner()
        found = {}
        for name, words in COMMANDS.items():
            result = runner.invoke(cli, [name, *words, *allowed.get(name, []), "--json"])
            found[name] = (result.exit_code, result.stdout)
    yield found


def test_every_command_is_asked_for_json_here_or_in_a_test_of_its_own() -> None:
    assert set(cli.commands) - set(COMMANDS) <= SERVERS | MINUTES


@pytest.mark.parametrize("name", COMMANDS)
def test_with_json_a_command_prints_one_object_and_nothing_else(name: str, told: dict[str, tuple[int, str]]) -> None:
    exit_code, printed = told[name]
    assert exit_code in ((0, 1) if name == "doctor" else (0,)), printed
    assert isinstance(json.loads(printed), dict)
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((12.34, 65.9, 3.0), "12.3/s, 0:01:05 left"),
        ((0.4, 3600.0, 3.0), "2.5 s each, 1:00:00 left"),
        ((3.0, None, 3.0), "3.0/s"),
        ((None, None, 75.0), "0:01:15"),
        ((None, None, None), "0:00:00"),
    ],
)
def test_the_pace_tells_rate_and_time_left_or_how_long_it_has_lasted(
    values: tuple[float | None, float | None, float | None], text: str
) -> None:
    assert pace(*values) == text


def test_bars_show_count_and_note_on_a_terminal_and_nothing_in_a_pipe() -> None:
    shown = []
    for terminal in (True, False):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
        bars = Bars(console)
        bars.start("Looking at images", 40)
        bars.update(7, "G 1.00")
        bars._bars.refresh()  # in place of the tenth of a second after which it does so by itself
        bars.finish()
        shown.append(console.file.getvalue())  # type: ignore[attr-defined]
    assert all(word in shown[0] for word in ("Looking at images", "7/40", "G 1.00"))
    assert shown[1].strip() == ""


def test_a_long_warning_stays_one_line_in_a_pipe_and_is_yellow_on_a_terminal(caplog: pytest.LogCaptureFixture) -> None:
    del caplog
    before = logging.getLogger().handlers[:]
    text = "datasets/[red]: " + "word " * 60 + "end"
    for terminal, shown in ((False, f"{text}\n"), (True, f"\x1b[33m{text}\x1b[0m\n")):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=80)
        set_up_logging(console)
        logging.getLogger("train").warning("%s", text)
        assert console.file.getvalue() == shown  # type: ignore[attr-defined]
    logging.getLogger().handlers[:] = before


def test_columns_are_aligned_where_labels_are_hangul() -> None:
    assert columns([("찾음", "1"), ("abc", "2"), ("", "3")]) == ["찾음  1", "abc   2", "      3"]


@pytest.mark.parametrize("name", GOES_ON)
def test_a_stopped_command_says_how_to_go_on(name: str) -> None:
    assert "same command" in _stopped_text([name, "--json"])


def test_a_stopped_training_names_the_command_that_goes_on_and_a_dry_run_has_nothing_to_go_on_with() -> None:
    assert "pipeline train --resume" in _stopped_text(["train", "--steps", "9"])
    assert _stopped_text(["train", "--dry-run"]) == _stopped_text(["review"]) == "Stopped."


def _completed(shell: str, words: str, at: int) -> list[str]:
    environment = {**os.environ, "_PIPELINE_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}
    program = "import sys\nsys.argv = ['pipeline']\nfrom pipeline.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    return done.stdout.split()


def test_the_shell_completes_commands_options_and_their_values() -> None:
    assert _completed("bash", "pipeline tr", 1) == ["plain,train", "plain,translate"]
    assert "plain,--learning-rate" in _completed("bash", "pipeline train --le", 2)
    assert "plain,resnet-9" in _completed("bash", "pipeline train --generator res", 3)
    assert "translate" in " ".join(_completed("zsh", "pipeline tr", 1))


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete "), ("zsh", "#compdef pipeline"), ("fish", "complete ")]
)
def test_each_shell_gets_its_completion_script(shell: str, word: str) -> None:
    environment = {**os.environ, "_PIPELINE_COMPLETE": f"{shell}_source"}
    program = "import sys\nsys.argv = ['pipeline']\nfrom pipeline.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0
    assert word in done.stdout
