"""Run folders: numbered, found again, described."""

import json
from pathlib import Path

import pytest
from trainings import tiny

from pipeline.errors import UnusableError, UsageError
from train.rundir import (
    RunDir,
    RunSettings,
    TrainSummary,
    find_run,
    keep_lines_up_to,
    new_run,
    read_settings,
    read_summary,
    write_settings,
    write_summary,
)

SUMMARY = TrainSummary("r", 6, 6, 1.5, 0.25, {"cycle_a": 0.5}, "cpu", 6, 4, 0, "")


def started(runs_dir: Path, name: str, *, finished: bool = False) -> RunDir:
    run = new_run(runs_dir, name)
    write_settings(run, RunSettings("/data", tiny()))
    if finished:
        write_summary(run, SUMMARY)
    return run


def test_runs_are_numbered_one_after_the_other_and_named(tmp_path: Path) -> None:
    names = [new_run(tmp_path / "runs", name).root.name for name in ("a-resnet9", "벚꽃", "../x y")]

    assert names == ["00000-a-resnet9", "00001-벚꽃", "00002-x-y"]


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    new_run(tmp_path, "a")
    (tmp_path / "00007-by-hand").mkdir()

    assert new_run(tmp_path, "a").root.name == "00008-a"


@pytest.mark.parametrize("which", ["1", "00001", "00001-second", "PATH"])
def test_a_run_is_found_by_number_name_or_path(tmp_path: Path, which: str) -> None:
    started(tmp_path, "first")
    second = started(tmp_path, "second")
    started(tmp_path, "third")

    assert find_run(tmp_path, str(second.root) if which == "PATH" else which) == second


def test_the_newest_run_is_meant_without_a_name_and_the_unfinished_one_when_going_on(tmp_path: Path) -> None:
    started(tmp_path, "first", finished=True)
    second = started(tmp_path, "second")
    third = started(tmp_path, "third", finished=True)

    assert find_run(tmp_path, "") == third
    assert find_run(tmp_path, "", unfinished_first=True) == second
    write_summary(second, SUMMARY)
    assert find_run(tmp_path, "", unfinished_first=True) == third


def test_an_unknown_run_is_refused_with_those_that_are_there(tmp_path: Path) -> None:
    started(tmp_path, "first")

    for which in ("9", "other", "/no/where", "nul\0"):
        with pytest.raises(UsageError, match="00000-first"):
            find_run(tmp_path, which)


def test_a_folder_without_runs_says_to_train_first(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pipeline train"):
        find_run(tmp_path / "runs", "")


def test_settings_and_summary_come_back_as_they_were_written(tmp_path: Path) -> None:
    run = started(tmp_path, "one", finished=True)

    assert read_settings(run) == RunSettings("/data", tiny())
    assert read_summary(run) == SUMMARY
    assert run.finished


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1, "dataroot": "", "options": {"size": 7}}',
                                     '{"format": 99, "dataroot": "", "options": {}}'])  # fmt: skip
def test_damaged_settings_are_refused(tmp_path: Path, content: str) -> None:
    run = started(tmp_path, "one")
    run.options.write_text(content)

    with pytest.raises(UnusableError, match=r"options\.json"):
        read_settings(run)


def test_settings_of_an_older_version_take_todays_defaults_for_what_they_lack(tmp_path: Path) -> None:
    run = started(tmp_path, "one")
    content = json.loads(run.options.read_text())
    del content["options"]["replay_size"]
    run.options.write_text(json.dumps(content | {"options": content["options"] | {"forgotten": 1}}))

    assert read_settings(run).options == tiny(replay_size=50)


def test_metrics_after_a_checkpoint_and_a_half_line_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 20}\n{"step": 40}\n{"step": 60}\n{"ste')

    keep_lines_up_to(path, 40)

    assert path.read_text() == '{"step": 20}\n{"step": 40}\n'
