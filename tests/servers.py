"""A command that serves a page, as a process of its own, and a person who opened the page."""

import signal
import subprocess
import sys
from pathlib import Path

import requests


class Served:
    """`pipeline` with these words, until it is told to end."""

    def __init__(self, *words: str) -> None:
        command = [str(Path(sys.executable).with_name("pipeline")), *words, "--no-browser", "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        line = self.process.stderr.readline()
        self.opening = next(part for part in line.split() if part.startswith("http"))
        self.address = self.opening.partition("?")[0]
        self.session = requests.Session()
        self.session.trust_env = False

    def enter(self) -> int:
        return self.session.get(self.opening, timeout=30).status_code

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        """End it; its exit code, what it printed, and what it said besides."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        self.session.close()
        return self.process.returncode, out, err
