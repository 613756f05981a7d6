"""Where the benchmarks' real data is, and what to say where it is not."""

import os
from importlib.util import find_spec
from pathlib import Path

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


class MissingError(Exception):
    """A section cannot be measured here; the message says what it needs."""


def find(name: str) -> Path | None:
    """Look for a data file.

    Args:
        name: Its name; looked for in $AEHASH_DATA (else a folder beside the clone), then in the
            user's cache.

    Returns:
        Its path, or None.
    """
    named = os.environ.get("AEHASH_DATA")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(os.environ.get("AEHASH_CACHE") or caches / "aehash")
    for folder in (Path(named) if named else _BESIDE, cache):
        if (folder / name).is_file():
            return folder / name
    return None


def need(name: str) -> Path:
    """Find a data file that a section cannot do without.

    Args:
        name: Its name.

    Returns:
        Its path.

    Raises:
        MissingError: It is not there.
    """
    path = find(name)
    if path is None:
        raise MissingError(f"{name} is not at hand: set AEHASH_DATA to the folder that has it.")
    return path


def need_package(name: str) -> None:
    """Check that a peer is installed.

    Args:
        name: What is imported.

    Raises:
        MissingError: It is not.
    """
    if find_spec(name) is None:
        raise MissingError(f"{name} is not installed: pip install 'aehash[peers]'.")
