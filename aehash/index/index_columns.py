"""What stands beside the codes in an index: keys and labels, checked and looked up."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook.arrays import check_distinct, key_bytes, label_array
from aehash.errors import UsageError
from aehash.index.checks import table, whole
from aehash.index.segments import Segment, first_rows


def lookup_keys(keys: Sequence[str] | NDArray[np.bytes_]) -> NDArray[np.bytes_]:
    """Bring keys to bytes.

    Args:
        keys: Text, or an array of type ``S<w>``.

    Returns:
        Each once, in the order of their first appearance, of type ``S<w>``.

    Raises:
        UsageError: They are something else, or one is empty.
    """
    names = _as_bytes(keys)
    _, first = np.unique(names, return_index=True)
    return names[np.sort(first)]


def index_keys(keys: Sequence[str] | NDArray[np.bytes_], rows: int) -> NDArray[np.bytes_]:
    """Check the keys of new rows.

    Args:
        keys: Text, or an array of type ``S<w>``, as a codebook's.
        rows: How many rows there are.

    Returns:
        ``(rows,)`` of type ``S<w>``, an array of their own.

    Raises:
        UsageError: They are not as many, not distinct, or one is empty.
    """
    names = _as_bytes(keys)
    if len(names) != rows:
        raise UsageError(f"There are {rows} rows and {len(names)} keys; each row needs one.")
    check_distinct(names)
    return np.array(names) if names is keys else names


def _as_bytes(keys: Sequence[str] | NDArray[np.bytes_]) -> NDArray[np.bytes_]:
    if isinstance(keys, (str, bytes)) or not isinstance(keys, Iterable):
        raise UsageError(f"keys must be a list, one for each row, not {keys!r}.")
    if not isinstance(keys, np.ndarray):
        return key_bytes(keys)
    if keys.ndim != 1:
        raise UsageError(f"keys must be (n,), not of shape {keys.shape}.")
    if keys.dtype.kind != "S":
        return key_bytes(keys.tolist())
    if (keys == b"").any():
        raise UsageError(f"The key of row {np.flatnonzero(keys == b'')[0]} is empty.")
    return keys


def key_of(segments: Sequence[Segment], row: int) -> str:
    """Name a row.

    Args:
        segments: The index's rows.
        row: Its number in the index.

    Returns:
        Its key.

    Raises:
        UsageError: There is no such row, or the index has no keys.
    """
    row, starts = whole("row", row, 0), first_rows(segments)
    for each, start in zip(segments, starts, strict=False):
        if each.keys is None:
            raise UsageError("The index has no keys: give them when it is made.")
        if start <= row < start + each.rows:
            return bytes(each.keys[row - start]).decode("utf-8", "surrogateescape")
    raise UsageError(f"Row {row} has no key: the index has {starts[-1]} rows, numbered from 0.")


def index_labels(labels: NDArray[Any], rows: int) -> NDArray[Any]:
    """Check the labels of new rows.

    Args:
        labels: ``(rows,)`` class numbers, or ``(rows, classes)`` multi-hot.
        rows: How many rows there are.

    Returns:
        ``(rows,)`` int64 or ``(rows, classes)`` uint8.

    Raises:
        UsageError: They are neither, or not as many.
    """
    given = table("labels", labels)
    if given.ndim == 0 or len(given) != rows:
        raise UsageError(f"There are {rows} codes and labels of shape {given.shape}.")
    return label_array(given) if rows else given


def check_like(
    first: Segment, keys: NDArray[np.bytes_] | None, labels: NDArray[Any] | None
) -> None:
    """Refuse new rows that lack what the others have, or have what they lack.

    Args:
        first: Some rows that are there.
        keys: Those of the new rows, or none.
        labels: Those of the new rows, or none.

    Raises:
        UsageError: The new rows are of another kind.
    """
    for name, mine, new in (("keys", first.keys, keys), ("labels", first.labels, labels)):
        if (mine is None) != (new is None):
            has = "has no" if mine is None else "has"
            raise UsageError(
                f"The index {has} {name} and the new rows {'have' if mine is None else 'none'}: "
                "all rows need the same."
            )
    if first.labels is not None and labels is not None:
        here, there = (tuple(each.shape[1:]) for each in (first.labels, labels))
        if here != there:
            raise UsageError(
                f"Labels of a row of the index are of shape {here} and those of a new row of "
                f"shape {there}: all rows need the same."
            )


def label_rows(segments: Sequence[Segment], label: int | Sequence[int]) -> NDArray[np.bool_]:
    """Find the rows that have one of some labels.

    Args:
        segments: The index's rows.
        label: A class number, or several; one that no row has finds none.

    Returns:
        ``(n,)`` bool.

    Raises:
        UsageError: A label is not a class number, or the index has no labels.
    """
    wanted = np.atleast_1d(table("label", label))
    if wanted.ndim != 1 or wanted.dtype.kind not in "iu":
        raise UsageError(f"label must be a class number, or a list of some, not {label!r}.")
    wanted = wanted[wanted <= np.iinfo(np.int64).max].astype(np.int64)
    return np.concatenate([np.empty(0, np.bool_), *(_having(each, wanted) for each in segments)])


def _having(segment: Segment, wanted: NDArray[Any]) -> NDArray[np.bool_]:
    labels = segment.labels
    if labels is None:
        raise UsageError("The index has no labels: give them when it is made, or use where.")
    if labels.ndim == 1:
        return np.isin(labels, wanted)
    known = wanted[(wanted >= 0) & (wanted < labels.shape[1])]
    return np.asarray(labels[:, known].any(axis=1))
