"""The swap of an old tree for a new one, ended after every single change that it makes to the disk."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, os, shutil, signal, sys
from pathlib import Path
from curate.swap import build_dir, commit, finish_or_undo
from pipeline.dataset import DatasetDir

def tree(root, mark):
    for folder in ("train/A", "train/B", "test/A", "test/B"):
        (root / folder).mkdir(parents=True)
        (root / folder / f"{mark}.jpg").write_text(mark)

def state(root):
    files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    summary = (root / "dataset.json").read_text() if (root / "dataset.json").exists() else ""
    return [summary, files]

def watch(event, arguments):
    global left
    if left and event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "tempfile.mkstemp"):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

left, states, point, status = 0, [], 0, 1
sys.addaudithook(watch)
while status:
    point += 1
    root = Path(sys.argv[1]) / str(point)
    dataset = DatasetDir(root)
    tree(root, "old")
    (root / "dataset.json").write_text("old")
    tree(build_dir(dataset).root, "new")
    child = os.fork()
    if not child:
        left = point
        commit(dataset, b"new")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    interrupted = (root / "dataset.json").exists()
    finish_or_undo(dataset)
    states.append([interrupted, state(root)])
    shutil.rmtree(root)
json.dump(states, sys.stdout)
"""


def complete(mark: str) -> list[object]:
    return [mark, ["dataset.json", *sorted(f"{split}/{d}/{mark}.jpg" for split in ("test", "train") for d in "AB")]]


def test_whenever_a_swap_is_killed_the_next_command_finds_all_of_the_old_tree_or_all_of_the_new(
    tmp_path: Path,
) -> None:
    result = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True)
    states = json.loads(result.stdout)
    found = [state for _summary_was_there, state in states]
    turn = next(number for number, state in enumerate(found) if state == complete("new"))
    assert found == [complete("old")] * turn + [complete("new")] * (len(found) - turn)
    assert turn >= 2
    assert len(found) - turn > 10
    assert not all(summary_was_there for summary_was_there, _state in states[turn:])
