"""pipeline.toml: what it may say, and what a refusal names."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli.command import COMMANDS
from pipeline.errors import UsageError
from pipeline.recipe import STREET_TO_BLOSSOM, find_recipe, load_recipe, normalise
from pipeline.records import Query

WHOLE = """
dataset = "night"

[domain.A]
name = "낮"
queries = ["낮 거리", "day street", "day street"]

[domain.B]
name = "밤"
queries = ["밤 거리"]

[crawl]
limit = 50
allow_host = ["localhost:8000"]
timeout_seconds = 3
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "pipeline.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_built_in_recipe_serves(tmp_path: Path) -> None:
    assert find_recipe(COMMANDS, tmp_path / "pipeline.toml") is STREET_TO_BLOSSOM


def test_a_recipe_says_the_dataset_the_queries_and_the_options(tmp_path: Path) -> None:
    recipe = load_recipe(_write(tmp_path, WHOLE), COMMANDS)
    assert recipe.dataset == "night"
    assert recipe.queries() == [Query("A", "낮 거리"), Query("A", "day street"), Query("B", "밤 거리")]
    assert recipe.names() == {"A": "낮", "B": "밤"}
    assert recipe.options == {"crawl": {"limit": 50, "allow_host": ["localhost:8000"], "timeout_seconds": 3}}


def test_the_users_own_query_belongs_to_blossoms() -> None:
    assert STREET_TO_BLOSSOM.domain_of("벚꽃 이미지") == "B"


def test_a_query_typed_in_decomposed_hangul_is_the_same_query() -> None:
    assert STREET_TO_BLOSSOM.domain_of(unicodedata.normalize("NFD", " 벚꽃   이미지 ")) == "B"


def test_a_query_that_the_recipe_does_not_know_has_no_domain() -> None:
    assert STREET_TO_BLOSSOM.domain_of("고양이") is None


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("datset = 'x'", "datset"),
        ("dataset = 3", "dataset = 3"),
        ("[domain.C]\nqueries = ['x']", "domain.C"),
        ("[domain.A]\nqueries = []", "domain.A.queries"),
        ("[domain.A]\nqueries = 'street'", "domain.A.queries"),
        ("[domain.A]\nqueries = [' ']", "domain.A.queries"),
        ("[domain.A]\nquery = ['x']", "domain.A.query"),
        ("[crawl]\nlimits = 5", "crawl.limits"),
        ("[crawl]\nlimit = '5'", "crawl.limit"),
        ("[crawl]\nlimit = true", "crawl.limit"),
        ("[curate]\nsplit = 'half'", "curate.split"),
        ("[train]\ncuda = 1", "train.cuda"),
        ("crawl = 5", "crawl"),
        ("dataset = ", "not valid TOML"),
    ],
)
def test_a_recipe_that_cannot_be_meant_is_refused_naming_the_file_and_the_key(
    tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        load_recipe(_write(tmp_path, text), COMMANDS)
    assert "pipeline.toml" in str(refusal.value)
    assert named in str(refusal.value)


def test_a_recipe_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.toml"
    path.write_bytes("dataset = '벚꽃'".encode("euc-kr"))
    with pytest.raises(UsageError, match="not valid TOML"):
        load_recipe(path, COMMANDS)


def test_a_recipe_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_recipe(tmp_path, COMMANDS)
