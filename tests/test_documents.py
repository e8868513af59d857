"""The documents hang together: links lead somewhere, both READMEs say the same, credits and exit codes are complete."""

import re
import tomllib
from pathlib import Path

import pytest

from pipeline.errors import EXIT_INTERRUPTED, PipelineError, Terminated

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "datasets").glob("*.md")])
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_ARXIV = re.compile(r"arXiv:? ?(\d{4}\.\d{5})")


def _read(*names: str) -> str:
    return ROOT.joinpath(*names).read_text(encoding="utf-8")


def _anchors(document: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(document: Path) -> None:
    for link in _LINK.findall(document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _hash, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in _anchors(target), link


def test_the_index_lists_every_document() -> None:
    listed = set(_LINK.findall(_read("docs", "README.md")))
    assert {path.name for path in DOCS.glob("*.md")} - {"README.md"} == listed


def test_both_readmes_have_the_same_commands_links_pictures_and_sections() -> None:
    english, korean = _read("README.md"), _read("README.ko.md")
    swapped = {"README.md": "README.ko.md", "docs/how-it-works.md": "docs/how-it-works.ko.md"}
    links = [swapped.get(link, link) for link in _LINK.findall(english) if link != "README.ko.md"]
    assert sorted(links) == sorted(link for link in _LINK.findall(korean) if link != "README.md")
    for pattern in (r"^#+ ", r"`(pipeline [^`]*)`", r"^    (\S.*?)(?:  |$)", r"^\| `"):
        one, other = (re.findall(pattern, text, re.M) for text in (english, korean))
        assert one == other, pattern


def test_every_package_that_the_project_asks_for_is_credited_with_its_licence() -> None:
    project = tomllib.loads(_read("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    credits = _read("docs", "credits.md")
    for name in {re.split(r"[<>=~!; \[]", one)[0] for one in wanted}:
        assert re.search(rf"\| {re.escape(name)} \| [A-Z]|\b{re.escape(name)} \([A-Z]", credits), name


def test_every_paper_that_the_sources_name_is_credited() -> None:
    sources = [path for room in ("pipeline", "crawler", "curate", "train") for path in (ROOT / room).rglob("*.py")]
    named = {number for path in sources for number in _ARXIV.findall(path.read_text(encoding="utf-8"))}
    assert named
    missing = named - set(_ARXIV.findall(_read("docs", "credits.md")))
    assert not missing, "docs/credits.md has a row for every paper that a source names"


def test_every_exit_code_is_explained() -> None:
    codes = {error.exit_code for error in PipelineError.__subclasses__()} | {0, EXIT_INTERRUPTED, Terminated.exit_code}
    rows = re.findall(r"^\| ([\d, ]+) \|", _read("docs", "troubleshooting.md"), re.M)
    assert {int(code) for row in rows for code in row.split(",")} >= codes


def test_both_pages_on_how_it_works_have_the_same_letters_and_equations() -> None:
    english, korean = _read("docs", "how-it-works.md"), _read("docs", "how-it-works.ko.md")
    for pattern in (r"`[a-z_0-9A-Z]+`", r"E\[?[|(][^ ]*", _ARXIV):
        one, other = (sorted(re.findall(pattern, text)) for text in (english, korean))
        assert one == other, pattern
