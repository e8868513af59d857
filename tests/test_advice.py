"""What `pipeline status` advises to do next."""

import dataclasses
import shlex

import pytest

from pipeline.advice import MANY_DOUBTFUL, Situation, next_command
from pipeline.cli import cli
from pipeline.runs import RunStatus

RUN = RunStatus("00003-trees", "runs/00003-trees", "finished", 4000, 4000, 200, current=True, tested=False)
CURATED = Situation(candidates=300, images=220, curated=True, training=(100, 100), doubtful=5)


def _run(**changes: object) -> RunStatus:
    return dataclasses.replace(RUN, **changes)  # type: ignore[arg-type]


def _at(**changes: object) -> Situation:
    return dataclasses.replace(CURATED, **changes)  # type: ignore[arg-type]


TABLE = {
    "nothing yet": (Situation(), "pipeline crawl"),
    "nothing came": (Situation(candidates=30), "pipeline status --failed"),
    "fetched": (Situation(candidates=300, images=220, new_images=220), "pipeline curate"),
    "a curation that was killed": (_at(curated=False), "pipeline curate"),
    "new images": (_at(new_images=3), "pipeline curate"),
    "a review that said something": (_at(words_changed=True), "pipeline curate"),
    "new images go before a new training": (_at(new_images=3, runs=[RUN]), "pipeline curate"),
    "one side is empty": (_at(training=(100, 0)), "pipeline crawl --domain B"),
    "many doubtful images": (_at(doubtful=MANY_DOUBTFUL), "pipeline review"),
    "few doubtful images": (_at(doubtful=MANY_DOUBTFUL - 1), "pipeline train"),
    "no run": (CURATED, "pipeline train"),
    "a folder from elsewhere": (Situation(training=(10, 10)), "pipeline train"),
    "many doubtful images and a run": (_at(doubtful=MANY_DOUBTFUL, runs=[RUN]), "pipeline test 00003-trees"),
    "stopped": (_at(runs=[_run(state="stopped", step=120)]), "pipeline train --resume 00003-trees"),
    "stopped, on other images": (_at(runs=[_run(state="stopped", current=False)]), "pipeline train"),
    "finished, on other images": (_at(runs=[_run(tested=True, current=False)]), "pipeline train"),
    "finished": (_at(runs=[_run(state="stopped", name="00002-trees"), RUN]), "pipeline test 00003-trees"),
    "tested": (_at(runs=[_run(tested=True)]), "pipeline translate --run 00003-trees photo.jpg"),
    "running": (_at(runs=[_run(state="running", step=7)]), "pipeline watch 00003-trees"),
}


@pytest.mark.parametrize("name", TABLE)
def test_what_to_do_next_follows_from_where_things_stand(name: str) -> None:
    situation, command = TABLE[name]
    assert next_command(situation).command == command
    assert next_command(situation).why


@pytest.mark.parametrize("name", TABLE)
def test_the_advised_command_can_be_given_as_it_stands(name: str) -> None:
    _pipeline, word, *words = shlex.split(next_command(TABLE[name][0], "./my data", "else where").command)
    with cli.commands[word].make_context(word, words) as context:
        assert context.params["dataset"] == "./my data"
        assert str(context.params.get("runs_dir", "else where")) == "else where"
