"""What is searched for: an image file, or an image already hashed by its key."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.codebook.files import MANIFEST
from aehash.errors import AehashError, UsageError
from aehash.workflow.books import Pictures
from aehash.workflow.labels import label_name
from aehash.workflow.new_image import hash_image


@dataclass(frozen=True)
class Query:
    """What is searched for.

    Attributes:
        name: The file's path, or the key.
        code: (bytes,) packed uint8.
        feature: (d,) float32, or None where the codebook keeps none.
        image: (height, width, channels) uint8, or None where it cannot be had.
        label: Its label's name, where it has one.
        is_file: Whether it is an image file, not a key.
    """

    name: str
    code: NDArray[np.uint8]
    feature: NDArray[np.float32] | None
    image: NDArray[np.uint8] | None
    label: str = ""
    is_file: bool = False


def find_query(
    query: str, folder: Path, book: Codebook, runs: Path, pictures: Pictures | None
) -> Query:
    """Find what is searched for.

    Args:
        query: An image file, a frame of one, or a key of the codebook or of one beside it.
        folder: The codebook's folder.
        book: The codebook.
        runs: Where the run that made it may be.
        pictures: Finds the image behind a key; None leaves it out.

    Returns:
        The query.

    Raises:
        UsageError: There is neither such a file nor such a key.
        AehashError: The file is no image, or the run that could hash it is not there.
    """
    file = named_file(query)
    if file is not None:
        found = hash_image(query, *file, folder, book, runs)
        return Query(query, found.code, found.feature, found.image, is_file=True)
    siblings = sorted(path.parent for path in folder.parent.glob(f"*/{MANIFEST}"))
    for place in [folder, *(path for path in siblings if path != folder)]:
        other = book if place == folder else _sibling(place, book)
        if other is None:
            continue
        rows = np.flatnonzero(other.keys == query.encode("utf-8", "surrogateescape"))
        if len(rows):
            row = int(rows[0])
            feature = None if other.features is None else np.asarray(other.features[row])
            image = pictures.image(query) if pictures else None
            return Query(
                query, np.asarray(other.codes[row]), feature, image, label_name(other, row)
            )
    raise UsageError(
        f"There is no file {query!r}, and no image of that key in {folder} or beside it."
    )


def _sibling(place: Path, book: Codebook) -> Codebook | None:
    """Open a codebook beside the one searched, if its codes are of the same making."""
    try:
        other = Codebook.load(place, verify="size")
    except AehashError:
        return None
    if book.snapshot is not None and other.snapshot is not None:
        same = book.snapshot == other.snapshot
    else:
        same = book.source is not None and book.source == other.source
    return other if same and other.bits == book.bits else None


def named_file(query: str) -> tuple[Path, int] | None:
    """Find the image file that a query names.

    Args:
        query: A path, with ``#0007`` behind it for frame 7 of a DICOM file; or a key.

    Returns:
        The file and the frame, from 1; None where there is no such file.
    """
    from aehash.generators.dicom_names import split_frame

    name, frame = split_frame(query)
    if Path(query).is_file():
        return Path(query), 1
    return (Path(name), frame) if frame is not None and Path(name).is_file() else None


def features_of(book: Codebook) -> NDArray[np.float32]:
    """Take a codebook's features.

    Args:
        book: The codebook.

    Returns:
        ``(n, d)``.

    Raises:
        UsageError: It keeps none.
    """
    if book.features is None:
        raise UsageError("The codebook has no features, so Euclidean distances cannot be had.")
    return book.features


def comparable(query: Query, book: Codebook) -> NDArray[np.float32]:
    """Take a query's features.

    Args:
        query: The query.
        book: What they are to be compared with.

    Returns:
        ``(d,)``.

    Raises:
        UsageError: There are none, or they are of another width than the codebook's.
    """
    width = features_of(book).shape[1]
    if query.feature is None or len(query.feature) != width:
        found = "none" if query.feature is None else len(query.feature)
        raise UsageError(
            f"The codebook has {width} features a row and the query {query.name} has {found}, so "
            "Euclidean distances cannot be had; search by --metric hamming."
        )
    return query.feature
