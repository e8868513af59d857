"""The memory that is free, and how many pixels a generator may work on at once in it."""

import contextlib
import ctypes
import resource
from pathlib import Path

import torch
from torch import nn

_MEMINFO = Path("/proc/meminfo")
_STATUS = Path("/proc/self/status")
_CGROUP = Path("/sys/fs/cgroup")
_GROUP_FILES = (
    ("memory.max", "memory.current", "memory.stat"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
)
"""Limit, use and statistics of a container's memory, of cgroup v2 and of v1."""

_UNLIMITED = 2**63 - 1
_UNKNOWN_BYTES = 2_000_000_000  # where the system does not tell
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_LARGEST_BLOCK_BYTES = 2**31 - 1
_USED_SHARE = 0.5
_LIVE_MAPS = 4
"""Maps of the first layer's width and the picture's size that a pass holds at its widest place, in 32 bits. Measured
with 64 channels, at 512 and 1,024 pixels: 3.75 and 3.57 for a ResNet (bf16: 2.6), 1.5 for a U-Net."""


def pixels_at_once(generator: nn.Module, device: torch.device) -> int:
    """The most pixels of one picture for which the memory free on `device` now is surely enough."""
    return pixels_for(free_bytes(device), width_of(generator))


def pixels_for(available_bytes: int, width: int) -> int:
    """The pixels that a generator with a first layer of `width` channels may take with so much memory free."""
    return int(available_bytes * _USED_SHARE) // (_LIVE_MAPS * width * 4)


def width_of(generator: nn.Module) -> int:
    """The channels of a generator's first layer."""
    return next(module.out_channels for module in generator.modules() if isinstance(module, nn.Conv2d))


def free_bytes(device: torch.device) -> int:
    """The bytes of memory free on a device; on the CPU what machine, control group and process limit all allow."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free
    return min(_free_of_machine(), _free_of_group(), _free_of_process())


def most_held_bytes(device: torch.device) -> int:
    """The most bytes that this process has held so far: of the GPU's memory, or of the machine's; 0: not known."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    return _status_bytes("VmHWM")


def keep_freed_memory() -> None:
    """Let large blocks that one pass frees serve the next, where the C library would give them back and ask anew.

    For the rest of the process, which then holds the most it needed once. Without it the kernel clears every map of
    every pass: at 256 x 256 in one thread that is 6 % of a picture's time, 20 % where four go together. Does nothing
    where there is no mallopt (man 3 mallopt), which is glibc's.
    """
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGEST_BLOCK_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, _LARGEST_BLOCK_BYTES)


def _free_of_machine() -> int:
    try:
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return _UNKNOWN_BYTES


def _free_of_group() -> int:
    """What a container's limit leaves, in cgroup v2 or v1; without one as good as everything."""
    for limit, used, idle in _GROUP_FILES:
        try:
            most = int((_CGROUP / limit).read_text(encoding="ascii"))
            held = int((_CGROUP / used).read_text(encoding="ascii"))
            return max(0, most - held + _idle_of_group(_CGROUP / idle))
        except (OSError, ValueError):
            continue  # another version, or no limit: "max"
    return _UNLIMITED


def _idle_of_group(stat: Path) -> int:
    """Bytes of files that the group only remembers and gives back when others need them."""
    try:
        lines = dict(line.split() for line in stat.read_text(encoding="ascii").splitlines())
        return int(lines.get("total_inactive_file", lines.get("inactive_file", 0)))
    except (OSError, ValueError):
        return 0


def _free_of_process() -> int:
    """What the limit on this process's address space leaves (ulimit -v)."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return _UNLIMITED if limit == resource.RLIM_INFINITY else max(0, limit - _status_bytes("VmSize"))


def _status_bytes(field: str) -> int:
    try:
        lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
        return int(lines[field].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return 0
