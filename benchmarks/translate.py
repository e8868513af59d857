"""How fast a folder at 256 x 256 is translated A -> B, beside junyanz' test.py, in fp32 and bf16; what bf16 costs.

junyanz' program translates a pair by four passes: both ways and back. Its repository lies at --peer. Both programs load
the same weights, run as processes of their own and take turns; each runs on few images and on many, and the difference
counts, so that starting costs nobody. Times are CPU seconds, which a busy machine disturbs least. Run by hand:

    python benchmarks/translate.py [--peer PATH] [--peer-python PATH] [--rounds 2] [--few 2] [--many 10]

`--peer-python` names the interpreter of another environment, in which torchvision and dominate are installed.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIDE = 256
OURS = {"ours fp32": "fp32", "ours bf16": "bf16"}


def lay_ready(folder: Path, count: int) -> None:
    """Images, and one generator's weights under both programs' names."""
    import numpy as np
    import torch
    from PIL import Image

    sys.path.insert(0, str(ROOT))
    from train.networks import ResNetGenerator
    from train.weights import write_generator_weights

    random = np.random.default_rng(0)
    for domain in ("testA", "testB"):
        (folder / domain).mkdir(parents=True)
        for number in range(count):
            coarse = Image.fromarray(random.integers(0, 256, (24, 24, 3), dtype=np.uint8))
            coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(folder / domain / f"{number:03d}.png")
    torch.manual_seed(0)
    generator = ResNetGenerator(64, 9)
    for way in ("A", "B"):
        write_generator_weights(folder / "checkpoints/peer" / f"latest_net_G_{way}.pth", generator)


def cpu_seconds(command: list[str], folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peer_command(python: str, peer: Path, folder: Path, count: int) -> list[str]:
    where = ["--dataroot", str(folder), "--checkpoints_dir", str(folder / "checkpoints"), "--results_dir", "peer"]
    sizes = ["--load_size", str(SIDE), "--crop_size", str(SIDE), "--num_test", str(count)]
    return [python, str(peer / "test.py"), "--name", "peer", "--model", "cycle_gan", "--gpu_ids", "-1",
            "--no_dropout", *where, *sizes]  # fmt: skip


def our_command(folder: Path, precision: str, count: int) -> list[str]:
    files = [str(folder / "testA" / f"{number:03d}.png") for number in range(count)]
    weights = str(folder / "checkpoints/peer/latest_net_G_A.pth")
    return [sys.executable, "-c", "from pipeline.cli import main; main()", "translate", "--weights", weights,
            "--precision", precision, "--output", precision, *files]  # fmt: skip


def psnr(folder: Path, count: int) -> float:
    import numpy as np
    from PIL import Image

    errors = []
    for number in range(count):
        exact, coarse = (
            np.asarray(Image.open(folder / kind / f"{number:03d}.png"), dtype=float) for kind in OURS.values()
        )
        errors.append(np.square(exact - coarse).mean())
    return float(10 * np.log10(255**2 / np.mean(errors)))


def compare(folder: Path, peer: Path | None, python: str, *, rounds: int, few: int, many: int) -> None:
    lay_ready(folder, many)
    commands = {name: (lambda count, p=precision: our_command(folder, p, count)) for name, precision in OURS.items()}
    if peer:
        commands = {"junyanz": lambda count: peer_command(python, peer, folder, count), **commands}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _round in range(rounds):
        for name, command in commands.items():
            spent = [cpu_seconds(command(count), folder) for count in (few, many)]
            seconds[name].append((spent[1] - spent[0]) / (many - few))
    first = next(iter(seconds))
    for name, values in seconds.items():
        ratio = statistics.median(theirs / ours for theirs, ours in zip(seconds[first], values, strict=True))
        sys.stdout.write(f"{name:10} {statistics.median(values):6.2f} CPU s an image  {ratio:5.2f} x {first}\n")
    sys.stdout.write(f"bf16 to fp32: PSNR {psnr(folder, many):.1f} dB\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=lambda text: Path(text).resolve())
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--few", type=int, default=2)
    parser.add_argument("--many", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unpaired-translate-") as folder:
        compare(
            Path(folder),
            arguments.peer,
            arguments.peer_python,
            rounds=arguments.rounds,
            few=arguments.few,
            many=arguments.many,
        )


if __name__ == "__main__":
    main()
