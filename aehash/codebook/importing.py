"""Codebooks from files made elsewhere, and what a codebook says of itself."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.codebook.stages import stages_text
from aehash.errors import AehashError
from aehash.metrics.code_statistics import code_statistics, collapse_warning


def import_codebook(
    out: Path,
    *,
    codes: Path,
    features: Path | None = None,
    labels: Path | None = None,
    keys: Path | None = None,
    bits: int | None = None,
    classes: Path | None = None,
    source: str | None = None,
    split: str | None = None,
) -> Codebook:
    """Make a codebook from files and save it.

    Args:
        out: The codebook's folder.
        codes: ``.npy`` of {0, 1}, ±1, bool, or packed bytes with ``bits`` given.
        features: ``.npy`` ``(n, d)``.
        labels: ``.npy`` ``(n,)`` class numbers or ``(n, classes)`` multi-hot.
        keys: UTF-8 text, one key a line.
        bits: Bits per code.
        classes: UTF-8 text, one class name a line.
        source: Stable identity of the data.
        split: The split's name.

    Returns:
        The codebook as saved.

    Raises:
        AehashError: A file is missing, is a pickle or cannot be read, or the disk is full.
        UsageError: The arrays are not codes, or do not fit each other.
    """
    book = Codebook.from_arrays(
        read_npy(codes),
        features=None if features is None else read_npy(features),
        labels=None if labels is None else read_npy(labels),
        keys=None if keys is None else read_lines(keys),
        bits=bits,
        classes=() if classes is None else read_lines(classes),
        source=source,
        split=split,
    )
    book.save(out)
    return book


def read_npy(path: Path) -> NDArray[Any]:
    """Read a plain array.

    Args:
        path: A ``.npy`` file.

    Returns:
        The array, memory-mapped.

    Raises:
        AehashError: It is missing, cut short, a pickle, or no ``.npy`` file.
    """
    if not path.is_file():
        raise AehashError(f"{path} is missing. Name an existing .npy file.")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise AehashError(
            f"{path} is not a plain .npy array ({error}). Pickled objects are never loaded; "
            "save an array of numbers with numpy.save."
        ) from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise AehashError(f"{path} is an archive of arrays. Save one array with numpy.save.")
    return np.asarray(array)


def read_lines(path: Path) -> list[str]:
    """Read a text file's lines.

    Args:
        path: UTF-8 text.

    Returns:
        The lines, without their line breaks.

    Raises:
        AehashError: It is missing or not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AehashError(f"{path} cannot be read as UTF-8 text ({error}).") from error
    return text.removesuffix("\n").split("\n") if text else []


def describe(book: Codebook) -> dict[str, Any]:
    """Say what a codebook holds and how much its codes can tell apart.

    Args:
        book: The codebook.

    Returns:
        Counts, origin, the collapse figures, ``chance_precision`` (the share of pairs of
        items with the same label, which is a random ranking's precision; none without class
        numbers) and
        ``warning`` (a sentence or none).
    """
    codes = code_statistics(book.codes, book.bits)
    return {
        "codes": len(book),
        "bits": book.bits,
        **codes.as_dict(),
        "features": None if book.features is None else book.features.shape[1],
        "labels": _kind(book.labels),
        "classes": len(book.classes) or None,
        "chance_precision": _same_label(book.labels),
        "source": book.source,
        "split": book.split,
        "snapshot": book.snapshot,
        "stages": stages_text(book.manifest),
        "created": book.manifest.get("created"),
        "warning": collapse_warning(codes),
    }


def _kind(labels: NDArray[Any] | None) -> str | None:
    if labels is None:
        return None
    if labels.ndim == 2:
        return f"multi-hot, {labels.shape[1]} classes"
    return f"{len(np.unique(labels))} class numbers"


def _same_label(labels: NDArray[Any] | None) -> float | None:
    if labels is None or labels.ndim != 1 or len(labels) < 2:
        return None
    counts = np.unique(labels[labels >= 0], return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1)).sum() / (len(labels) * (len(labels) - 1)))
