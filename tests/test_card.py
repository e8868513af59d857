"""The dataset card and croissant.json: what they tell, and that nothing a stranger wrote can act in them."""

import html
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_build import OPTIONS, add, picture, run

from pipeline.card import FOLDERS, MARK, card, host_of
from pipeline.croissant import croissant
from pipeline.dataset import DatasetDir
from pipeline.files import sha256_of
from pipeline.finished import Curation, FinishedPicture
from pipeline.forget import forget
from pipeline.records import Domain, Split

NAMES: dict[Domain, str] = {"A": "거리", "B": "벚꽃"}
CURATION = Curation(NAMES, {"split": 0.9, "size": 286, "format": "jpeg"}, {"duplicate": 3}, {"unpaired": "0.1.0"})
HOSTILE = (
    "<script>alert(1)</script> | *bold* [link](javascript:alert(1)) ![x](http://evil.example/x.png) `code`"
    " www.evil.example me@evil.example\n\n# heading\n---\n- item \u202e \x00 \ud83d &lt;b&gt; $x$ ~~no~~ <!-- --> \\"
)
reproducibly = settings(derandomize=True, deadline=None)


def picture_of(number: int, domain: Domain = "A", split: Split = "train", **texts: str) -> FinishedPicture:
    sha256 = f"{number:064x}"
    known = {"query": "거리", "engine": "google", "image_url": f"https://images.example/{number}.jpg", "licence": ""}
    more = {"page_url": "", "title": "", "attribution": "", "flags": "", **known, **texts}
    return FinishedPicture(f"{domain}/{sha256}.jpg", domain, split, sha256, width=60, height=40, **more)


def pictures() -> list[FinishedPicture]:
    train = [picture_of(number, "A" if number % 2 else "B") for number in range(10)]
    train += [picture_of(10, "B", flags="dark"), picture_of(11, "A", flags="dark,text")]
    return [*train, picture_of(90, "A", "test"), picture_of(91, "B", "test", licence="CC BY 4.0")]


def text_of(made: list[FinishedPicture], curation: Curation = CURATION) -> str:
    return card(made, curation, FOLDERS, samples=True).decode()


def head_of(text: str) -> dict[str, object]:
    loaded = yaml.safe_load(text.split("---\n")[1])
    assert isinstance(loaded, dict)
    return loaded


def test_the_head_says_to_hugging_face_what_lies_where() -> None:
    head = head_of(text_of(pictures()))
    files = [{"split": "train", "path": "train/**"}, {"split": "test", "path": "test/**"}]
    assert head["configs"] == [{"config_name": "default", "data_files": files}]
    assert head["pretty_name"] == "거리 ↔ 벚꽃"
    assert (head["license"], head["size_categories"]) == ("other", ["n<1K"])


def test_a_split_without_pictures_is_left_out_since_no_loader_reads_it() -> None:
    head = head_of(text_of([one for one in pictures() if one.split == "train"]))
    assert head["configs"] == [{"config_name": "default", "data_files": [{"split": "train", "path": "train/**"}]}]


@pytest.mark.parametrize(
    "row",
    [
        "| A: 거리 | 6 | 1 |",
        "| B: 벚꽃 | 6 | 1 |",
        "| 거리 | google | 거리 | 7 |",
        "| images.example | 14 |",
        "| not known | 13 |",
        "| CC BY 4.0 | 1 |",
        "| duplicate | 3 |",
        "| dark | 2 |",
        "| text | 1 |",
        "| `size` | 286 |",
    ],
)
def test_the_card_counts_what_there_is(row: str) -> None:
    assert row in text_of(pictures()).splitlines()


def test_the_samples_are_links_to_train_images_of_both_sides_and_no_pixels() -> None:
    shown = re.findall(r'<img src="([^"]+)"', text_of(pictures()))
    assert len(shown) == 8
    assert {path.partition("/0")[0] for path in shown} == {"train/A", "train/B"}
    assert set(shown) <= {one.place for one in pictures()}


def test_many_queries_and_hosts_are_summed_up_and_the_card_stays_short() -> None:
    many = [picture_of(n, query=f"q{n}", image_url=f"https://h{n}.example/", licence=f"L{n}") for n in range(2000)]
    text = text_of(many)
    assert len(text) < 20_000
    assert "| 1970 more searches |  |  | 1970 |" in text.splitlines()


FIELDS = ("query", "engine", "licence")


def acting(text: str) -> str:
    """The card without what is ours: what is left must be plain words, references and the signs of its tables."""
    ours = text_of([replace(one, licence="word", query="word", engine="word") for one in pictures()])
    return "\n".join(line for line in text.splitlines() if line not in ours.splitlines())


@pytest.mark.parametrize("field", FIELDS)
def test_nothing_that_a_stranger_wrote_acts_in_the_card(field: str) -> None:
    made = [replace(one, **{field: HOSTILE}) for one in pictures()]  # type: ignore[arg-type]
    left = acting(text_of(made))
    assert "script" in left
    assert not re.search(r"[<>*_`\[\]()!#:/@\\~$]", re.sub(r"&#\d+;", "", left))
    assert "www." not in left
    assert "alert(1)" in html.unescape(left)
    assert not re.search(r"[\u202e\x00\ud83d]", left)
    assert all(line.count("|") in (3, 5) for line in left.splitlines())


def tags_of(text: str) -> list[str]:
    """The tags of the card as a renderer of Markdown with HTML makes them, in their order."""
    rendered = (
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text.split("---\n", 2)[2])
    )
    return re.findall(r"<[^>]*>", rendered)


@pytest.mark.parametrize("field", FIELDS)
def test_a_renderer_makes_the_same_tags_of_hostile_words_as_of_harmless_ones(field: str) -> None:
    hostile, harmless = (
        text_of([replace(one, **{field: word}) for one in pictures()])  # type: ignore[arg-type]
        for word in (HOSTILE, "harmless")
    )
    assert tags_of(hostile) == tags_of(harmless)
    names = ("A", "B")
    named = replace(CURATION, names={names[0]: HOSTILE, names[1]: HOSTILE})
    assert tags_of(text_of(pictures(), named)) == tags_of(text_of(pictures()))


@reproducibly
@given(st.text(), st.text(), st.text(), st.text())
def test_whatever_the_texts_are_the_head_is_read_and_no_table_loses_its_shape(
    name: str, query: str, licence: str, url: str
) -> None:
    made = [picture_of(1, query=query, licence=licence, image_url=url), picture_of(2, "B", "test")]
    text = text_of(made, replace(CURATION, names={"A": name, "B": "b"}))
    assert list(head_of(text)) == list(head_of(text_of(made)))
    shapes = [re.fullmatch(r"\|.*\|", line) is not None for line in text.splitlines() if line.startswith("|")]
    assert shapes
    assert all(shapes)
    body = text.split("---\n", 2)[2]
    assert "<" not in re.sub(r'<img src="[^"<]*" height="120" alt="">|<!-- [^>]* -->', "", body)
    json.loads(croissant(made, replace(CURATION, names={"A": name, "B": "b"})))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://images.example:8080/x", "images.example"),
        ("file:///photos/one.jpg", ""),
        ("javascript:alert(1)", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_a_host_is_that_of_a_web_address(url: str, host: str) -> None:
    assert host_of(url) == host


def test_equal_datasets_give_equal_bytes_whatever_the_order() -> None:
    assert card(pictures(), CURATION, FOLDERS) == card(list(reversed(pictures())), CURATION, FOLDERS)
    assert croissant(pictures(), CURATION) == croissant(list(reversed(pictures())), CURATION)


REQUIRED = ("@context", "@type", "conformsTo", "name", "description", "license", "url", "creator", "distribution")


def test_croissant_has_what_the_specification_asks_for() -> None:
    content = json.loads(croissant(pictures(), CURATION))
    assert [key for key in REQUIRED if not content.get(key)] == []
    assert (content["@type"], content["conformsTo"]) == ("sc:Dataset", "http://mlcommons.org/croissant/1.0")
    assert "CC BY 4.0" in content["license"]
    for one in content["distribution"]:
        wanted = {"cr:FileObject": ("contentUrl", "sha256"), "cr:FileSet": ("includes",)}[one["@type"]]
        assert all(one[key] for key in (*wanted, "@id", "name", "encodingFormat"))


def test_croissant_describes_each_column_of_the_metadata_and_every_reference_leads_somewhere() -> None:
    content = json.loads(croissant(pictures(), CURATION))
    files = {one["@id"] for one in content["distribution"]}
    for records in content["recordSet"]:
        names = [field["name"] for field in records["field"]]
        assert names == ["image", *json.loads(pictures()[0].line())]
        assert records["key"]["@id"] in {field["@id"] for field in records["field"]}
    named = re.findall(r'"(?:fileObject|fileSet)": \{\s*"@id": "([^"]+)"', json.dumps(content, indent=1))
    assert set(named) == files


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    dataset = DatasetDir(tmp_path / "trees")
    add(dataset, "A", [picture(seed) for seed in range(4)])
    add(dataset, "B", [picture(seed) for seed in range(10, 14)])
    run(dataset)
    return dataset


def test_a_curation_writes_both_and_croissant_has_the_metadata_s_own_hash(dataset: DatasetDir) -> None:
    content = json.loads(dataset.croissant.read_bytes())
    hashes = {one["contentUrl"]: one["sha256"] for one in content["distribution"] if "contentUrl" in one}
    assert hashes == {
        f"{split}/metadata.jsonl": sha256_of(dataset.metadata(split).read_bytes()) for split in ("train", "test")
    }
    shown = re.findall(r'<img src="([^"]+)"', dataset.card.read_text("utf-8"))
    assert shown
    assert all((dataset.root / path).is_file() for path in shown)


def test_the_number_of_workers_and_the_folder_s_name_do_not_matter(dataset: DatasetDir, tmp_path: Path) -> None:
    other = DatasetDir(tmp_path / "elsewhere")
    shutil.copytree(dataset.raw, other.raw)
    shutil.copyfile(dataset.catalog, other.catalog)
    run(other, replace(OPTIONS, workers=2))
    assert other.card.read_bytes() == dataset.card.read_bytes()
    assert other.croissant.read_bytes() == dataset.croissant.read_bytes()


def test_a_card_that_is_lost_or_changed_is_written_anew(dataset: DatasetDir) -> None:
    before = dataset.card.read_bytes(), dataset.croissant.read_bytes()
    dataset.card.unlink()
    dataset.croissant.write_text("{}")
    assert run(dataset).changed
    assert (dataset.card.read_bytes(), dataset.croissant.read_bytes()) == before
    assert not run(dataset).changed


def test_a_readme_of_the_user_s_own_is_never_touched(dataset: DatasetDir, tmp_path: Path) -> None:
    dataset.card.write_text("mine")
    assert not run(dataset).changed
    run(dataset, replace(OPTIONS, size=36))
    forget(["example.org"], dataset, tmp_path / "runs")
    assert dataset.card.read_text() == "mine"


def test_forgetting_removes_what_names_hosts_and_images_until_the_next_curation(
    dataset: DatasetDir, tmp_path: Path
) -> None:
    (name,) = [one.name.partition(".")[0] for one in list(dataset.images("train", "A").iterdir())[:1]]
    assert MARK in dataset.card.read_text("utf-8")
    forget([name], dataset, tmp_path / "runs")
    assert not dataset.card.exists()
    assert not dataset.croissant.exists()
    run(dataset)
    assert name not in dataset.card.read_text("utf-8") + dataset.croissant.read_text("utf-8")
