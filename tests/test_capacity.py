"""The memory that is free, and how many pixels a generator may take at once in it."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from train import capacity
from train.capacity import free_bytes, pixels_at_once, pixels_for
from train.networks import ResNetGenerator
from train.unet import UNetGenerator


def test_more_memory_and_narrower_networks_take_larger_pictures() -> None:
    assert pixels_for(16_000_000_000, 64) == 2 * pixels_for(8_000_000_000, 64) == 2 * 3_906_250
    assert pixels_for(8_000_000_000, 32) == 2 * pixels_for(8_000_000_000, 64)
    assert pixels_for(0, 64) == 0


@pytest.mark.parametrize("generator", [ResNetGenerator(8, 1), UNetGenerator(8, 5)])
def test_the_width_is_read_from_the_generator(generator: torch.nn.Module) -> None:
    assert capacity.width_of(generator) == 8
    assert pixels_at_once(generator, torch.device("cpu")) > 0


def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "_CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("2000\n")
    assert free_bytes(torch.device("cpu")) == 3000

    (tmp_path / "memory.max").write_text("max\n")
    assert free_bytes(torch.device("cpu")) > 3000


def test_a_containers_limit_of_the_older_kind_counts_without_the_files_that_it_only_remembers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "_CGROUP", tmp_path)
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory/memory.limit_in_bytes").write_text("5000\n")
    (tmp_path / "memory/memory.usage_in_bytes").write_text("2000\n")
    (tmp_path / "memory/memory.stat").write_text("cache 900\ntotal_inactive_file 700\n")

    assert free_bytes(torch.device("cpu")) == 3700


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_limit_on_the_address_space_counts() -> None:
    code = (
        "import resource, torch; from train.capacity import free_bytes;"
        "resource.setrlimit(resource.RLIMIT_AS, (2**45, 2**45)); wide = free_bytes(torch.device('cpu'));"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize();"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000,) * 2); print(wide, free_bytes(torch.device('cpu')))"
    )
    child = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    wide, narrow = map(int, child.stdout.split())
    assert narrow <= 50_000_000 < wide


def test_a_system_that_tells_nothing_is_taken_for_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "_CGROUP", tmp_path)
    monkeypatch.setattr(capacity, "_MEMINFO", tmp_path / "meminfo")

    assert free_bytes(torch.device("cpu")) == 2_000_000_000


_PASSES = """
import resource, sys
import numpy
from train.capacity import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
for _pass in range(2):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = numpy.ones(64_000_000, dtype=numpy.uint8)
    del block
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mallopt is glibc's")
def test_memory_that_was_freed_is_not_asked_for_again() -> None:
    kept, given_back = (
        int(subprocess.run([sys.executable, "-c", _PASSES, way], capture_output=True, check=True).stdout)
        for way in ("keep", "give back")
    )

    assert kept < 100 < given_back
