"""How many processor cores this process may use."""

import os


def usable_cores() -> int:
    """The cores that the process was given, as in a container; where a system cannot say (macOS), all that it has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
