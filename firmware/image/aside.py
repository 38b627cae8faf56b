"""Builds aside, so that whoever is interrupted leaves what was there, and never half of the new."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def built_aside(folder: Path, seal: str) -> Iterator[Path]:
    """Yield an empty folder; at the end what is in it replaces what `folder` has of those names.

    seal: the file without which nobody takes the folder for whole; it goes first and comes last.
    """
    place = folder.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent) as aside:
        new, old = Path(aside, "new"), Path(aside, "old")
        new.mkdir()
        old.mkdir()
        yield new
        place.mkdir(exist_ok=True)
        names = sorted(path.name for path in new.iterdir() if path.name != seal)
        for name in (seal, *names):
            if (place / name).exists():
                (place / name).rename(old / name)
        for name in (*names, seal):
            (new / name).rename(place / name)
