"""Which images ask and which are searched, as one number that anybody can check.

A split file is text: ``query``, a tab and the image's key, or ``database``, a tab and its key, a
line for each, sorted by bytes. Its SHA-256, as ``sha256sum`` gives it, is the split's. It does not
depend on the order of an index, on labels, or on what a model was trained on.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError, nearest
from aehash.files import atomic_file

Keys = NDArray[np.bytes_]
_SIDES = (b"database", b"query")
_SHORT = 12
_MARKS = re.compile(r"(\s+[01])+$")
"""Labels behind a path, as in HashNet's lists."""


@dataclass(frozen=True)
class NamedSplit:
    """A split that has a name.

    Attributes:
        name: What it is called.
        about: Which images ask, and which are searched.
        n_queries: How many ask.
        n_database: How many are searched.
        sha256: Of its file.
        keys: Whether its images are called ``test/0``, ``train/0`` and so on, so that the file can
            be written without the data.
    """

    name: str
    about: str
    n_queries: int
    n_database: int
    sha256: str
    keys: bool = True


def split_lines(queries: Keys, database: Keys) -> Iterator[bytes]:
    """Lay a split out.

    Args:
        queries: ``(q,)`` keys of the images that ask.
        database: ``(n,)`` keys of the images that are searched.

    Yields:
        Lines, with their ends, in the order of the file.
    """
    for side, keys in zip(_SIDES, (database, queries), strict=True):
        yield from (b"%s\t%s\n" % (side, key) for key in np.sort(keys).tolist())


def split_digest(queries: Keys, database: Keys) -> str:
    """Give the SHA-256 of a split's file.

    Args:
        queries: ``(q,)`` keys of the images that ask.
        database: ``(n,)`` keys of the images that are searched.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for line in split_lines(queries, database):
        digest.update(line)
    return digest.hexdigest()


def write_split_file(path: Path, queries: Keys, database: Keys) -> str:
    """Write a split's file, whole or not at all.

    Args:
        path: The file to make or replace.
        queries: ``(q,)`` keys of the images that ask.
        database: ``(n,)`` keys of the images that are searched.

    Returns:
        Its SHA-256.

    Raises:
        AehashError: A key has a line break.
    """
    for keys in (queries, database):
        broken = next((key for key in keys.tolist() if b"\n" in key), None)
        if broken is not None:
            raise AehashError(f"The key {broken!r} has a line break, and a split has lines.")
    with atomic_file(path) as aside, aside.open("wb") as file:
        file.writelines(split_lines(queries, database))
    return split_digest(queries, database)


def write_named_split(path: Path, name: str, lists: tuple[Path, Path] | None = None) -> str:
    """Write the file of a named split, if that is what comes out.

    Args:
        path: The file to make or replace.
        name: The split's.
        lists: Text files of the queries and of the database, a path a line, with 0s and 1s behind
            it or not, of which the last two parts count; for splits whose images are not numbered.

    Returns:
        Its SHA-256, which is the split's.

    Raises:
        UsageError: There is no such split, or it needs lists and has none, or needs none.
        AehashError: The lists are not the split's.
    """
    wanted = named_split(name)
    if wanted.keys == (lists is not None):
        raise UsageError(
            f"The images of {name} are numbered: leave the lists out."
            if wanted.keys
            else f"The images of {name} are named by lists: give both with --list."
        )
    if lists is None:
        sides = numbered("test", wanted.n_queries), numbered("train", wanted.n_database)
    else:
        sides = _listed(lists[0]), _listed(lists[1])
    found = split_digest(*sides)
    if found != wanted.sha256:
        raise AehashError(
            f"These lists are not the split {name}: they name {len(sides[0]):,} queries and "
            f"{len(sides[1]):,} database items and give {found}, and its SHA-256 is "
            f"{wanted.sha256}."
        )
    return write_split_file(path, *sides)


def _listed(path: Path) -> Keys:
    """Read a list of paths, whose last two parts are the keys."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AehashError(f"{path} cannot be read as a list ({error}).") from error
    names = [_MARKS.sub("", line.strip()).replace("\\", "/") for line in lines if line.strip()]
    return np.array(["/".join(name.split("/")[-2:]).encode() for name in names], np.bytes_)


def numbered(split: str, count: int) -> Keys:
    """Name the images of a numbered split.

    Args:
        split: Such as ``test``.
        count: How many.

    Returns:
        ``(count,)`` keys ``test/0``, ``test/1`` and so on.
    """
    return np.array([f"{split}/{row}".encode() for row in range(count)], np.bytes_)


@cache
def named_splits() -> dict[str, NamedSplit]:
    """Give every split that has a name, by its name."""
    from aehash.metrics.split_table import SPLITS

    return {each.name: each for each in SPLITS}


def named_split(name: str) -> NamedSplit:
    """Find a split by its name.

    Args:
        name: Such as ``mnist``.

    Returns:
        The split.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in named_splits():
        raise UsageError(f"There is no split {name!r}.{nearest(name, named_splits())}")
    return named_splits()[name]


def known_split(sha256: str, source: str | None = None) -> str | None:
    """Find out what a split is called.

    Args:
        sha256: Of its file.
        source: What the data is called; sets whose images are numbered alike are told apart by it.

    Returns:
        Its name, or several joined by ``or`` where the source does not say; None where it has
        none.
    """
    names = [each.name for each in named_splits().values() if each.sha256 == sha256]
    if source is None or not names or not named_splits()[names[0]].keys:
        return " or ".join(names) or None
    return next((name for name in names if name == plain_source(source)), None)


def plain_source(source: str) -> str:
    """Take the name out of a source that is a path.

    Args:
        source: Such as ``/data/MNIST.npz``.

    Returns:
        Such as ``mnist``.
    """
    return source.replace("\\", "/").rstrip("/").rpartition("/")[2].partition(".")[0].lower()


def split_text(sha256: str, source: str | None = None) -> str:
    """Name a split for a reader.

    Args:
        sha256: Of its file.
        source: What the data is called.

    Returns:
        Such as ``mnist (1314a60f3809…)``.
    """
    name = known_split(sha256, source)
    short = f"{sha256[:_SHORT]}…"
    return f"a split without a name ({short})" if name is None else f"{name} ({short})"
