"""Names for pictures that are written: none twice, whatever the files they come from are called."""

import itertools
from collections.abc import Sequence
from pathlib import Path


class Names:
    """Names for translations: photo.png, photo-2.png, ...; each once, and none of a file that is translated.

    Upper and lower case count as the same, as they do on some disks.
    """

    def __init__(self, folder: Path, sources: Sequence[Path]) -> None:
        self._folder = folder
        self._taken = {_key(source) for source in sources}

    def free(self, stem: str) -> Path:
        """The first name that is not taken yet, and takes it."""
        names = (f"{stem}.png" if number == 1 else f"{stem}-{number}.png" for number in itertools.count(1))
        target = next(self._folder / name for name in names if _key(self._folder / name) not in self._taken)
        self._taken.add(_key(target))
        return target


def _key(path: Path) -> str:
    return str(path.resolve()).casefold()
