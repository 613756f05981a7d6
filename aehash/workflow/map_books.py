"""Which codebooks a map is drawn of, and the space they have in common."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from aehash.codebook import Codebook
from aehash.codebook.files import MANIFEST
from aehash.errors import UsageError, nearest
from aehash.workflow.books import database_of, latest_codes
from aehash.workflow.common import CODES

Space = Literal["features", "codes"]


def map_codebook(codes: Path | None, split: str | None, runs: Path) -> Path:
    """Find the codebook to draw.

    Args:
        codes: A codebook, a folder with one for each split, or a run; by default the latest codes.
        split: Which of the folder's; by default ``all``, else ``train``.
        runs: Where runs are kept.

    Returns:
        Its folder.

    Raises:
        UsageError: There is none.
    """
    if codes is None or (codes / CODES).is_dir():
        codes = latest_codes(codes, runs, split or "")
    return database_of(codes) if split is None else _split(codes, split)


def _split(codes: Path, split: str) -> Path:
    if not (codes / split / MANIFEST).is_file():
        there = [each.parent.name for each in codes.glob(f"*/{MANIFEST}")]
        known = nearest(split, there) if there else " It has none."
        raise UsageError(f"{codes} has no split {split!r}.{known}")
    return codes / split


def second_codebook(also: str, folder: Path) -> Path:
    """Find the codebook to draw beside another.

    Args:
        also: A codebook, or a split beside the first.
        folder: The first.

    Returns:
        Its folder.

    Raises:
        UsageError: There is none.
    """
    if (Path(also) / MANIFEST).is_file():
        return Path(also)
    return _split(folder.parent, also)


def common_space(metric: Space | None, books: Sequence[tuple[Path, Codebook]]) -> Space:
    """Choose features or codes, and refuse codebooks that have no space in common.

    Args:
        metric: What is asked for; none: features where all have them, else codes.
        books: One or two, with their folders.

    Returns:
        ``features`` or ``codes``.

    Raises:
        UsageError: One has no features, or they come from different nets, or their classes differ.
    """
    if metric not in (None, "features", "codes"):
        raise UsageError(f"There is no metric {metric!r}.{nearest(metric, ('features', 'codes'))}")
    bare = [str(folder) for folder, book in books if book.features is None]
    if metric == "features" and bare:
        raise UsageError(f"{bare[0]} has no features: draw its codes, with --metric codes.")
    space: Space = "codes" if metric == "codes" or bare else "features"
    (first, one), (second, other) = books[0], books[-1]
    if None not in (one.snapshot, other.snapshot) and one.snapshot != other.snapshot:
        raise UsageError(
            f"{first} and {second} come from different runs, so their features have no space in "
            "common. Extract both with one run."
        )
    if width_of(one, space) != width_of(other, space):
        raise UsageError(
            f"{first} has {width_of(one, space)} {space} an image and {second} "
            f"{width_of(other, space)}: they must come from the same net."
        )
    if one.classes != other.classes:
        raise UsageError(
            f"{first} and {second} name their classes differently, so one colour would stand for "
            "two of them. Extract both from the same data."
        )
    return space


def width_of(book: Codebook, space: Space) -> int:
    """Count the features or bits of an image.

    Args:
        book: The codebook.
        space: Which of them.

    Returns:
        The count.
    """
    if space == "codes" or book.features is None:
        return book.bits
    return int(book.features.shape[1])
