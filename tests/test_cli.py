"""The command line: its words, its exit codes, what it loads, what it refuses."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from PIL import Image

from crawler.options import NO_LIMIT, CrawlOptions
from pipeline.catalog import open_catalog
from pipeline.cli import cli
from pipeline.cli.collecting import queries_of
from pipeline.cli.command import COMMANDS
from pipeline.dataset import DatasetDir
from pipeline.errors import OptionError, PipelineError, UsageError
from pipeline.parameters import collect
from pipeline.recipe import STREET_TO_BLOSSOM
from pipeline.records import Candidate, Domain, ImageRecord, Query, Source
from train.options import TrainOptions

AITORZIP = {"dataroot", "n_epochs", "decay_epoch", "epoch", "batchsize", "lr", "n_cpu", "input_nc", "output_nc"}
NOT_FIELDS = {"dataset", "as_json", "runs_dir", "resume", "queries", "domain", "run", "runs", "dry_run", "files"}


def _pipeline(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_the_parameters_of_its_options(name: str) -> None:
    fields = {field.name for field in dataclasses.fields(COMMANDS[name])}
    aliases = AITORZIP if name == "train" else set()
    assert {parameter.name for parameter in cli.commands[name].params} - NOT_FIELDS - aliases == fields


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_without_options_gives_the_defaults_of_the_dataclass(name: str) -> None:
    with cli.commands[name].make_context(name, []) as context:
        assert collect(context, COMMANDS[name]) == COMMANDS[name]()


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_takes_a_dataset_and_prints_json(name: str) -> None:
    assert {"dataset", "as_json"} <= {parameter.name for parameter in cli.commands[name].params}


@pytest.mark.parametrize("name", ["crawl", "train"])
def test_the_first_screen_of_help_shows_at_most_eight_options_of_the_stage(name: str) -> None:
    first = [field for field in dataclasses.fields(COMMANDS[name]) if not field.metadata["group"]]
    assert len(first) <= 8


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["crawl", "--help"]])
def test_help_loads_neither_torch_nor_selenium_nor_pillow(words: list[str], tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pipeline.cli import cli\ncli.main(sys.argv[1:], standalone_mode=False)\n"
        "print(sorted({'torch', 'selenium', 'PIL', 'numpy', 'requests', 'rich'} & set(sys.modules)))"
    )
    child = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert child.stdout.splitlines()[-1] == "[]"


def test_crawl_and_curate_import_where_torch_is_not_installed(tmp_path: Path) -> None:
    program = (
        "import sys\nsys.modules['torch'] = sys.modules['safetensors'] = None\n"
        "import crawler.crawl, crawler.folder, curate.build, pipeline.cli, pipeline.doctor, pipeline.status"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False).returncode == 0


def test_without_a_query_the_recipe_gives_all_of_them() -> None:
    assert queries_of(STREET_TO_BLOSSOM, [], None) == STREET_TO_BLOSSOM.queries()


def test_a_domain_without_a_query_gives_the_queries_of_that_side() -> None:
    assert {query.domain for query in queries_of(STREET_TO_BLOSSOM, [], "B")} == {"B"}


def test_a_query_that_the_recipe_knows_goes_to_its_domain() -> None:
    assert queries_of(STREET_TO_BLOSSOM, ["벚꽃 이미지"], None) == [Query("B", "벚꽃 이미지")]


def test_a_query_that_the_recipe_does_not_know_needs_a_domain_and_the_error_says_so() -> None:
    with pytest.raises(UsageError, match=r"--domain A .*--domain B"):
        queries_of(STREET_TO_BLOSSOM, ["고양이"], None)
    assert queries_of(STREET_TO_BLOSSOM, ["고양이"], "A") == [Query("A", "고양이")]


def test_a_list_of_addresses_is_a_query_named_like_its_file() -> None:
    asked = queries_of(STREET_TO_BLOSSOM, [], "A", urls="/somewhere/거리 사진.csv")
    assert asked == [Query("A", "거리 사진.csv")]


@pytest.mark.parametrize(("texts", "domain"), [([], None), (["벚꽃 이미지"], "B")])
def test_a_list_of_addresses_needs_a_domain_and_no_query(texts: list[str], domain: Domain | None) -> None:
    with pytest.raises(UsageError, match=r"--urls list\.txt.*--domain A\|B"):
        queries_of(STREET_TO_BLOSSOM, texts, domain, urls="list.txt")


@pytest.mark.parametrize(
    ("words", "limit"), [([], NO_LIMIT), (["--limit", "7"], 7)], ids=["no limit", "a limit that the user said"]
)
def test_a_list_is_fetched_whole_whatever_the_recipe_limits_queries_to(
    words: list[str], limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pipeline.toml").write_text("[crawl]\nlimit = 20\n")
    seen: list[CrawlOptions] = []

    def stop(options: CrawlOptions, *_arguments: object, **_values: object) -> None:
        seen.append(options)
        raise UsageError("enough")

    monkeypatch.setattr("crawler.crawl.crawl", stop)
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(cli, ["crawl", "--urls", "list.txt", "--domain", "A", *words])
    assert [options.limit for options in seen] == [limit]


def test_a_list_in_the_recipe_is_refused_by_run_since_it_belongs_to_one_side(tmp_path: Path) -> None:
    (tmp_path / "pipeline.toml").write_text('[crawl]\nurls = "list.txt"\n')
    left = _pipeline("run", folder=tmp_path)
    assert left.returncode == 2
    assert "--urls list.txt" in left.stderr


def test_an_empty_query_is_refused() -> None:
    with pytest.raises(UsageError, match="empty"):
        queries_of(STREET_TO_BLOSSOM, ["  "], "A")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["curate", "--split", "1"], "--split 1.0"),
        (["curate", "--split", "nan"], "--split nan"),
        (["curate", "--split", "half"], "--split"),
        (["train", "--size", "30"], "--size 30"),
        (["train", "--time-budget", "soon"], "--time-budget soon"),
        (["crawl", "--search-url", "file:///etc/passwd"], "--search-url"),
        (["crawl", "--limit", "0"], "--limit 0"),
        (["crawl", "고양이"], "--domain"),
        (["crawl", "--engine", "altavista"], "--engine altavista"),
        (["crawl", "--engine", "bing,naver", "--search-url", "http://a"], "--search-url http://a"),
        (["crawl", "--engine", "naver", "--color", "pink", "벚꽃 이미지"], "--color pink"),
        (["crawl", "--size", "1024"], "--size"),
        (["crawl", "--urls", "list.txt"], "--domain A|B"),
        (["crawl", "--urls", "missing.txt", "--domain", "A"], "missing.txt"),
        (["crawl", "--urls", "missing.txt", "--domain", "A", "--license", "cc"], "--license cc"),
        (["demo", "--photos-a", "here"], "--photos-a"),
        (["curate", "--dataset", ".."], "--dataset"),
        (["add", "nowhere"], "--domain"),
        (["translate"], "FILE"),
        (["translate", "--weights", "netG.pth", "--run", "3", "photo.jpg"], "--run 3"),
        (["train", "--n_epochs", "50", "--decay_epoch", "50"], "--decay_epoch 50"),
        (["train", "--input_nc", "1"], "--input_nc 1"),
        (["train", "--lr", "0.1", "--learning-rate", "0.1"], "--learning-rate"),
        (["train", "--domain-a", "../A"], "--domain-a ../A"),
        (["train", "--domain-a", "B"], "--domain-b"),
        (["test", "--domain-a", "."], "--domain-a ."),
        (["bloom"], "bloom"),
    ],
)
def test_what_cannot_be_meant_leaves_with_2_and_names_itself(words: list[str], named: str, tmp_path: Path) -> None:
    left = _pipeline(*words, folder=tmp_path)
    assert left.returncode == 2
    assert named in left.stderr
    assert left.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_refused_value_of_the_recipe_names_the_file_and_the_key(tmp_path: Path) -> None:
    (tmp_path / "pipeline.toml").write_text("[curate]\nsplit = 1.5\n")
    left = _pipeline("curate", folder=tmp_path)
    assert left.returncode == 2
    assert "pipeline.toml: curate.split 1.5" in left.stderr


def test_a_flag_wins_over_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "pipeline.toml").write_text("[train]\nsize = 128\nwidth = 16\n")
    seen: list[TrainOptions] = []

    @click.command()
    @click.pass_context
    def look(context: click.Context) -> None:
        arguments = ["--size", "64"]
        with cli.commands["train"].make_context("train", arguments, parent=context.parent) as inner:
            seen.append(collect(inner, TrainOptions))

    cli.add_command(look, "look")
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            CliRunner().invoke(cli, ["look"], catch_exceptions=False)
    finally:
        del cli.commands["look"]
    assert (seen[0].size, seen[0].width) == (64, 16)


def test_messages_follow_the_locale(tmp_path: Path) -> None:
    left = _pipeline("crawl", "고양이", folder=tmp_path, LC_ALL="ko_KR.UTF-8")
    assert "오류" in left.stderr


def test_a_korean_query_survives_the_c_locale(tmp_path: Path) -> None:
    left = _pipeline("crawl", "고양이", folder=tmp_path, LC_ALL="C")
    assert "고양이" in left.stderr


def test_cuda_on_a_machine_without_it_is_an_error_that_names_the_remedy(tmp_path: Path) -> None:
    left = _pipeline("train", "--cuda", folder=tmp_path, CUDA_VISIBLE_DEVICES="")
    assert left.returncode == 10
    assert "--cuda" in left.stderr
    assert not (tmp_path / "runs").exists()


def test_status_of_a_dataset_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    left = _pipeline("status", folder=tmp_path)
    assert left.returncode == 2
    assert "pipeline crawl" in left.stderr


def test_status_counts_as_one_json_object(tmp_path: Path) -> None:
    (tmp_path / "datasets" / "street2blossom" / "train" / "A").mkdir(parents=True)
    left = _pipeline("status", "--json", folder=tmp_path)
    status = json.loads(left.stdout)
    assert left.returncode == 0
    assert {"candidates", "fetched", "failed", "images", "kept", "rejected"} <= set(status)
    assert status["train"] == {"A": 0, "B": 0}


def test_status_lists_what_failed_and_keeps_its_keys(tmp_path: Path) -> None:
    _dataset_with_an_image(tmp_path)
    left = _pipeline("status", "--failed", folder=tmp_path)
    assert "http_404 1:\n  http://example.org/1.jpg" in left.stdout
    status = json.loads(_pipeline("status", "--failed", "--json", folder=tmp_path).stdout)
    assert status["failed"] == {"http_404": 1}
    assert status["failed_urls"] == {"http_404": ["http://example.org/1.jpg"]}


def _dataset_with_an_image(folder: Path) -> DatasetDir:
    """The default dataset with one image and one dead link."""
    dataset = DatasetDir(folder / "datasets" / "street2blossom")
    candidates = [Candidate("A", "google", "q", rank, f"http://example.org/{rank}.jpg") for rank in range(2)]
    image = dataset.raw_file("a" * 64, "jpg")
    image.parent.mkdir(parents=True)
    image.write_bytes(b"image")
    with open_catalog(dataset.catalog) as catalog:
        catalog.see(candidates)
        sources = [
            Source(candidates[0], "fetched", sha256="a" * 64),
            Source(candidates[1], "failed", "http_404"),
        ]
        catalog.settle(sources, [ImageRecord("a" * 64, "jpg", 5)])
    return dataset


def test_forget_removes_and_says_what_it_did_as_one_json_object(tmp_path: Path) -> None:
    dataset = _dataset_with_an_image(tmp_path)
    left = _pipeline("forget", "http://example.org/0.jpg", "--json", folder=tmp_path)
    assert left.returncode == 0
    assert json.loads(left.stdout) == {
        "images": ["a" * 64],
        "sources": 1,
        "files": 1,
        "copies": [],
        "runs": [],
        "exports": [],
    }
    assert not dataset.raw_file("a" * 64, "jpg").exists()
    assert _pipeline("forget", folder=tmp_path).returncode == 2
    assert _pipeline("forget", "two words", folder=tmp_path).returncode == 2


def test_export_writes_a_recipe_beside_the_user_and_refuses_other_formats(tmp_path: Path) -> None:
    _dataset_with_an_image(tmp_path)
    left = _pipeline("export", "--format", "recipe", "--json", folder=tmp_path)
    made = json.loads(left.stdout)
    assert (made["file"], made["images"], made["addresses"]) == ("street2blossom.recipe.jsonl", 1, 1)
    assert (tmp_path / made["file"]).stat().st_size == made["size_bytes"]
    assert _pipeline("export", "--format", "recipe", "--output", "other.jsonl", folder=tmp_path).returncode == 0
    assert (tmp_path / "other.jsonl").read_bytes() == (tmp_path / made["file"]).read_bytes()
    assert _pipeline("export", "--format", "zip", folder=tmp_path).returncode == 2


def test_crawl_makes_a_dataset_from_a_recipe_and_names_what_has_vanished(tmp_path: Path) -> None:
    _dataset_with_an_image(tmp_path)
    _pipeline("export", "--format", "recipe", "--output", "made.jsonl", folder=tmp_path)
    text = (tmp_path / "made.jsonl").read_text().replace("example.org", "127.0.0.1:9")
    (tmp_path / "made.jsonl").write_text(text)
    left = _pipeline("crawl", "--urls", "made.jsonl", "--dataset", "./again", folder=tmp_path)
    assert left.returncode == 3
    assert "made.jsonl" in left.stderr
    left = _pipeline("crawl", "--urls", "made.jsonl", "--json", folder=tmp_path)
    assert json.loads(left.stdout)["vanished"] == []


def test_doctor_live_reports_an_engine_that_cannot_be_reached_and_leaves_with_its_code(tmp_path: Path) -> None:
    left = _pipeline("doctor", "--live", "openverse", "--search-url", "http://127.0.0.1:9", folder=tmp_path)
    assert left.returncode == 6
    assert "- ✗ pages: offline, 0 of 3" in left.stdout
    assert _pipeline("doctor", "--live", "altavista", folder=tmp_path).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_every_exit_code_belongs_to_one_class_of_error() -> None:
    classes = [error for error in PipelineError.__subclasses__() if error is not OptionError]
    codes = [error.exit_code for error in classes]
    assert len(set(codes)) == len(codes)


def test_a_dry_run_says_what_would_be_trained_and_writes_one_picture_of_what_training_sees(tmp_path: Path) -> None:
    for domain in ("A", "B"):
        folder = tmp_path / "data" / "train" / domain
        folder.mkdir(parents=True)
        Image.new("RGB", (40, 40)).save(folder / "one.png")
    left = _pipeline("train", "--dry-run", "--json", "--dataset", "./data", folder=tmp_path)
    told = json.loads(left.stdout)
    assert (told["images_a"], told["images_b"], told["planned_steps"]) == (1, 1, 200)
    assert "Memory: training takes about" in left.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"data", told["augmented"]} == {"data", "augmented.jpg"}
    with Image.open(tmp_path / "augmented.jpg") as sheet:
        assert sheet.size == (8 * 260 + 4, 264)
