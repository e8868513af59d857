"""Decisions of a person in the catalogue and in files: what curate makes of them, and which files it refuses."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from test_build import OPTIONS, add, content, dump, metadata, picture, run

from curate.options import CurateOptions
from curate.saved import Imported, read_saved
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.decisions import KEEP, MOVE, NOTE, REJECT, UNDO
from pipeline.errors import UsageError
from pipeline.files import sha256_of
from pipeline.records import Decision, Verdict

SMALL = picture(50, width=24, height=20)


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> DatasetDir:
    dataset = DatasetDir(tmp_path_factory.mktemp("curated") / "trees")
    add(dataset, "A", [*(picture(seed) for seed in range(8)), SMALL])
    add(dataset, "B", [picture(seed) for seed in range(10, 16)])
    run(dataset)
    return dataset


@pytest.fixture
def dataset(curated: DatasetDir, tmp_path: Path) -> DatasetDir:
    """A curated dataset, a copy for each test."""
    return DatasetDir(Path(shutil.copytree(curated.root, tmp_path / "trees")))


def decide(dataset: DatasetDir, *decisions: Decision) -> None:
    with open_catalog(dataset.catalog) as catalog:
        catalog.decide(*decisions)


def verdicts(dataset: DatasetDir) -> dict[str, Verdict]:
    with open_catalog(dataset.catalog) as catalog:
        return {verdict.sha256: verdict for verdict in catalog.verdicts()}


def save(dataset: DatasetDir, folder: Path, rows: list[dict[str, object]], /, **others: object) -> Path:
    """A file of decisions as the page writes it."""
    with open_catalog(dataset.catalog) as catalog:
        identity = catalog.identity()
    path = folder / "decisions.json"
    content = {"decisions_of": 1, "dataset": identity, "name": "trees", "decisions": rows}
    path.write_text(json.dumps(content | others), encoding="utf-8")
    return path


def row(sha256: str, action: str, value: str = "", time: object = 1.5) -> dict[str, object]:
    return {"sha256": sha256, "other": "", "action": action, "value": value, "time": time}


def reviewing(path: Path) -> CurateOptions:
    return replace(OPTIONS, review=str(path))


def test_a_decision_counts_in_the_next_curation_and_the_metadata_says_that_a_person_decided(
    dataset: DatasetDir,
) -> None:
    small, first = sha256_of(SMALL), sha256_of(picture(0))
    decide(dataset, Decision(small, "", KEEP, ""), Decision(first, "", REJECT, ""))
    assert run(dataset).rejected == {"review": 1}
    lines = {line["sha256"]: line for split in ("train", "test") for line in metadata(dataset, split)}
    assert lines[small]["flags"].split(",")[-1] == "reviewed"
    assert first not in lines
    assert json.loads(dataset.summary.read_bytes())["reviewed"] == 2


def test_only_what_a_decision_changed_is_made_anew(dataset: DatasetDir) -> None:
    paths = [path for split in ("train", "test") for path in dataset.split_dir(split).rglob("*.jpg")]
    before = {path.stem: path.stat().st_ino for path in paths}
    decide(dataset, Decision(sha256_of(picture(0)), "", REJECT, ""))
    assert run(dataset).changed
    after = {
        path.stem: path.stat().st_ino for split in ("train", "test") for path in dataset.split_dir(split).rglob("*.jpg")
    }
    assert after == {name: inode for name, inode in before.items() if name != sha256_of(picture(0))}
    assert not run(dataset).changed


def test_decisions_survive_more_crawling_and_another_curation(dataset: DatasetDir) -> None:
    decide(dataset, Decision(sha256_of(picture(0)), "", REJECT, ""), Decision(sha256_of(picture(1)), "", MOVE, "B"))
    run(dataset)
    add(dataset, "A", [picture(seed) for seed in range(20, 23)])
    add(dataset, "A", [picture(0, quality=60)], query="again")
    run(dataset)
    found = verdicts(dataset)
    assert found[sha256_of(picture(0))].reason == "review"
    assert found[sha256_of(picture(0, quality=60))].reason == "review"
    assert found[sha256_of(picture(1))].domain == "B"


def test_what_was_taken_back_leaves_the_dataset_as_it_was(dataset: DatasetDir) -> None:
    before = content(dataset)
    for action, value in ((REJECT, ""), (UNDO, "verdict")):
        decide(dataset, Decision(sha256_of(picture(0)), "", action, value))
        run(dataset)
    assert content(dataset) == before


def test_an_image_moved_from_the_only_domain_that_it_was_found_for_quotes_its_source(dataset: DatasetDir) -> None:
    decide(dataset, Decision(sha256_of(picture(1)), "", MOVE, "B"))
    run(dataset)
    (line,) = [
        line
        for split in ("train", "test")
        for line in metadata(dataset, split)
        if line["sha256"] == sha256_of(picture(1))
    ]
    assert (line["domain"], line["query"]) == ("B", "거리")


def test_a_file_is_taken_over_once_and_unknown_images_are_counted(dataset: DatasetDir, tmp_path: Path) -> None:
    rows = [row(sha256_of(SMALL), KEEP), row("0" * 64, REJECT), row(sha256_of(picture(0)), NOTE, "벚꽃")]
    path = save(dataset, tmp_path, rows)
    assert run(dataset, reviewing(path)).decisions == Imported(new=2, known=0, unknown=1)
    before = content(dataset), dump(dataset)
    again = run(dataset, reviewing(path))
    assert (again.decisions, again.changed) == (Imported(new=0, known=2, unknown=1), False)
    assert (content(dataset), dump(dataset)) == before
    assert "review" not in json.loads(dataset.summary.read_bytes())["options"]


def test_an_old_file_does_not_overrule_what_was_said_since(dataset: DatasetDir, tmp_path: Path) -> None:
    path = save(dataset, tmp_path, [row(sha256_of(SMALL), KEEP)])
    run(dataset, reviewing(path))
    decide(dataset, Decision(sha256_of(SMALL), "", REJECT, ""))
    run(dataset, reviewing(path))
    assert verdicts(dataset)[sha256_of(SMALL)].reason == "review"


def test_the_file_of_another_dataset_is_refused_by_both_names(dataset: DatasetDir, tmp_path: Path) -> None:
    path = save(dataset, tmp_path, [row(sha256_of(SMALL), KEEP)], dataset="f00d", name="day2night")
    with open_catalog(dataset.catalog) as catalog:
        identity = catalog.identity()
    with pytest.raises(UsageError, match=rf"day2night \(f00d\).* trees \({identity}\)"):
        run(dataset, reviewing(path))
    with open_catalog(dataset.catalog) as catalog:
        assert catalog.decisions() == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        '{"decisions_of": 1, "dataset": "x", "name": "x", "decisions": 5}',
        '{"decisions_of": 1, "dataset": "x", "name": "x", "decisions": [5]}',
        '{"decisions_of": 1, "dataset": 5, "name": "x", "decisions": []}',
        '{"decisions_of": 2, "dataset": "x", "name": "x", "decisions": []}',
        '{"decisions_of": "1", "dataset": "x", "name": "x", "decisions": []}',
    ],
)
def test_another_file_is_refused_with_its_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"other\.json"):
        read_saved(path)


@pytest.mark.parametrize("time", [None, True, "1", 10**400, float("nan")])
def test_a_decision_without_a_time_is_refused(dataset: DatasetDir, tmp_path: Path, time: object) -> None:
    path = save(dataset, tmp_path, [row("0" * 64, KEEP, time=time)])
    with pytest.raises(UsageError, match=r"decisions\.json"):
        read_saved(path)


def test_a_decision_that_cannot_be_meant_is_refused_with_the_file(dataset: DatasetDir, tmp_path: Path) -> None:
    path = save(dataset, tmp_path, [row("0" * 64, "burn")])
    with pytest.raises(UsageError, match=r"decisions\.json.*action: 'burn'"):
        read_saved(path)


def test_the_command_leaves_with_2_for_another_dataset_s_file(dataset: DatasetDir, tmp_path: Path) -> None:
    path = save(dataset, tmp_path, [], dataset="f00d")
    command = [
        str(Path(sys.executable).with_name("pipeline")),
        "curate",
        "--split=0.75",
        "--dataset",
        str(dataset.root),
        "--review",
        str(path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "f00d" in done.stderr) == (2, True)


def test_a_clock_that_goes_back_changes_no_order(tmp_path: Path) -> None:
    times = iter([100.0, 50.0])
    with open_catalog(tmp_path / "catalog.sqlite", clock=lambda: next(times)) as catalog:
        catalog.decide(Decision("0" * 64, "", KEEP, ""))
        catalog.decide(Decision("0" * 64, "", REJECT, ""))
        assert [one.action for one in catalog.decisions()] == [KEEP, REJECT]
        assert [one.action for one in catalog.decisions(after=1)] == [REJECT]
        assert catalog.decision_number() == 2


def test_files_give_the_same_catalogue_in_either_order(tmp_path: Path) -> None:
    words = [Decision("0" * 64, "", KEEP, "", 1.0), Decision("0" * 64, "", REJECT, "", 2.0)]
    dumps = []
    for number, order in enumerate((words, words[::-1])):
        with open_catalog(tmp_path / f"{number}.sqlite") as catalog:
            assert [catalog.accept([word, word]) for word in order] == [1, 1]
            dumps.append(catalog.dump())
    assert dumps[0] == dumps[1]


def test_an_identity_is_made_once_and_is_another_in_each_catalogue(tmp_path: Path) -> None:
    identities = []
    for name in ("a", "a", "b"):
        with open_catalog(tmp_path / name) as catalog:
            identities.append(catalog.identity())
    assert identities[0] == identities[1] != identities[2]
