"""From whatever a file calls its labels to class numbers or multi-hot rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.generators.arrays import AnyArray, Labels

_TOO_LARGE = 2**63


def from_array(
    raw: AnyArray, classes: Sequence[str] | None, what: str
) -> tuple[Labels, tuple[str, ...]]:
    """Bring an array of labels to the form a data set keeps.

    Args:
        raw: ``(n,)`` or ``(n, 1)`` numbers or names, or ``(n, classes)`` of 0 and 1.
        classes: Class names, the numbers pointing into them; None where not known.
        what: How to call the array in an error.

    Returns:
        ``(n,)`` int64 or ``(n, classes)`` uint8, and the class names. Without names, classes
        are called by their values, in order.

    Raises:
        UsageError: The values cannot be labels, or point outside the classes.
    """
    if raw.ndim == 2 and raw.shape[1] == 1:
        raw = raw[:, 0]
    if raw.ndim == 2:
        return _multi_hot(raw, classes, what)
    if raw.ndim != 1:
        raise UsageError(f"{what} has shape {raw.shape}; labels are (n,), (n, 1) or (n, classes).")
    if raw.dtype.kind in "uf" and raw.max() >= _TOO_LARGE:
        raise UsageError(f"{what} holds the label {raw.max()}; class numbers are below 2^63.")
    if raw.dtype.kind == "f" and np.equal(np.mod(raw, 1), 0).all():
        raw = raw.astype(np.int64)
    named = raw.dtype.kind != "O" or all(isinstance(value, str | bytes) for value in raw)
    if raw.dtype.kind not in "iubSUTO" or not named:
        raise UsageError(f"{what} holds {raw.dtype} values; labels are whole numbers or names.")
    if raw.dtype.kind in "iub" and classes is not None:
        return _numbered(raw.astype(np.int64), classes, what)
    values, numbers = np.unique(raw, return_inverse=True)
    names = tuple(text(value, what) for value in values.tolist())
    return numbers.astype(np.int64).reshape(-1), names


def text(value: object, what: str) -> str:
    """Give a class name as text, from bytes, text or a number.

    Raises:
        UsageError: The bytes are not UTF-8.
    """
    try:
        return value.decode() if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{what} holds the name {value!r}, which is not UTF-8; store names as UTF-8 text."
        ) from error


def _numbered(
    numbers: NDArray[np.int64], classes: Sequence[str], what: str
) -> tuple[Labels, tuple[str, ...]]:
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= len(classes):
        raise UsageError(
            f"{what} holds labels from {low} to {high}, but there are {len(classes)} class names "
            f"(0…{len(classes) - 1})."
        )
    return numbers, tuple(classes)


def _multi_hot(
    raw: AnyArray, classes: Sequence[str] | None, what: str
) -> tuple[Labels, tuple[str, ...]]:
    if raw.dtype.kind not in "iubf" or not np.isin(raw, (0, 1)).all():
        raise UsageError(f"{what} has shape {raw.shape}, so it may hold only 0 and 1.")
    names = [str(number) for number in range(raw.shape[1])] if classes is None else classes
    if len(names) != raw.shape[1]:
        raise UsageError(f"{what} has {raw.shape[1]} columns, but there are {len(names)} classes.")
    return raw.astype(np.uint8), tuple(names)


def from_texts(cells: Sequence[str], what: str) -> tuple[Labels | None, tuple[str, ...]]:
    """Read a list file's label column.

    Args:
        cells: One per image; several labels joined by ``|`` anywhere make all multi-hot.
        what: How to call the file in an error.

    Returns:
        ``(n,)`` int64, ``(n, classes)`` uint8, or None where all cells are empty; and the class
        names in alphabetical order.

    Raises:
        UsageError: Some images have a single label and some have none.
    """
    rows = [[name.strip() for name in cell.split("|") if name.strip()] for cell in cells]
    classes = tuple(sorted({name for row in rows for name in row}))
    if not classes:
        return None, ()
    number = {name: index for index, name in enumerate(classes)}
    if any(len(row) > 1 for row in rows):
        hot = np.zeros((len(rows), len(classes)), np.uint8)
        for index, row in enumerate(rows):
            hot[index, [number[name] for name in row]] = 1
        return hot, classes
    bare = next((index for index, row in enumerate(rows) if not row), None)
    if bare is not None:
        raise UsageError(
            f"{what} gives no label to image {bare + 1}, but gives one to others. Label all, or "
            "drop the labels column."
        )
    return np.array([number[row[0]] for row in rows], dtype=np.int64), classes
