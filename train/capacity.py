"""How many pixels a generator may work on at once, by the memory that is free."""

from pathlib import Path

import torch
from torch import nn

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")
_UNKNOWN_BYTES = 2_000_000_000  # where the system does not tell
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
    """The bytes of memory free on a device; on the CPU what the machine and the control group both allow."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free
    return min(_free_of_machine(), _free_of_group())


def _free_of_machine() -> int:
    try:
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return _UNKNOWN_BYTES


def _free_of_group() -> int:
    """What a container's limit leaves (cgroup v2); without one as good as everything."""
    try:
        limit, used = (
            (_CGROUP / name).read_text(encoding="ascii").strip() for name in ("memory.max", "memory.current")
        )
        return max(0, int(limit) - int(used))
    except (OSError, ValueError):
        return 2**63 - 1
