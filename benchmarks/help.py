"""How long `pipeline --help` takes, beside a Python that does nothing: interleaved, the median of each."""

import statistics
import subprocess
import sys
import time

ROUNDS = 15
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "python -c 'import click'": [sys.executable, "-c", "import click"],
    "pipeline --help": [sys.executable, "-c", "from pipeline.cli import cli; cli(['--help'])"],
    "pipeline train --help": [sys.executable, "-c", "from pipeline.cli import cli; cli(['train', '--help'])"],
}


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> None:
    rounds = [{name: _seconds(command) for name, command in COMMANDS.items()} for _round in range(ROUNDS)]
    for name in COMMANDS:
        sys.stdout.write(f"{name:28} {statistics.median(times[name] for times in rounds):.3f} s\n")


if __name__ == "__main__":
    main()
