"""The rules that hold the house up, read from the sources themselves."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = {"crawler", "curate", "train"}
SOURCES = sorted(path for room in (*STAGES, "pipeline") for path in (ROOT / room).rglob("*.py"))
KNOWS_ALL_STAGES = "pipeline/cli/"
NEEDS_TORCH = ("train/", "pipeline/demo/")
KNOWS_CLICK = ("pipeline/cli/", "pipeline/parameters.py", "pipeline/reference.py")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


def _top_level_imports(path: Path) -> set[str]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    statements = [statement for statement in body if isinstance(statement, ast.Import | ast.ImportFrom)]
    return {name.split(".")[0] for statement in statements for name in _imports(statement)}


def _all_imports(path: Path) -> set[str]:
    return set(_imports(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_stage_imports_no_other_stage(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    others = STAGES - {room}
    imported = {name.split(".")[0] for name in _all_imports(path)}
    allowed = _name(path).startswith((KNOWS_ALL_STAGES, "pipeline/demo/"))
    assert allowed or not imported & others


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_only_the_command_line_knows_click(path: Path) -> None:
    assert "click" not in {name.split(".")[0] for name in _all_imports(path)} or _name(path).startswith(KNOWS_CLICK)


@pytest.mark.parametrize("path", [path for path in SOURCES if not _name(path).startswith(NEEDS_TORCH)], ids=_name)
def test_outside_train_and_demo_torch_is_imported_lazily(path: Path) -> None:
    assert not {"torch", "safetensors"} & _top_level_imports(path)


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_file_says_in_its_first_line_what_lives_there(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith('"""')


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_nothing_lives_in_a_room_without_a_name(path: Path) -> None:
    assert path.stem not in {"utils", "util", "common", "helpers", "helper", "base", "misc"}


def test_every_package_is_listed_for_packaging() -> None:
    listed = re.search(r"^packages = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M | re.S)
    assert listed is not None
    packages = {_name(path.parent).replace("/", ".") for path in SOURCES if path.name == "__init__.py"}
    assert set(re.findall(r'"([\w.]+)"', listed[1])) == packages


def test_datasets_is_no_package() -> None:
    assert not (ROOT / "datasets" / "__init__.py").exists()
