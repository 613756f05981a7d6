"""What a search is given, made sure of."""

import operator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.errors import AehashError, UsageError, nearest
from aehash.index.measures import METRICS

_GAPS = 1 << 24
"""Places of an answer that may stay empty because there are too few rows."""


def whole(name: str, value: int, least: int) -> int:
    """Check a whole number.

    Args:
        name: What it is, for the message.
        value: An int, or a NumPy integer.
        least: The smallest allowed.

    Returns:
        The number.

    Raises:
        UsageError: It is not whole, or too small.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise UsageError(f"{name} must be a whole number, not {value!r}.") from None
    if number < least or isinstance(value, bool):
        limit = f"at least {least}" if least else "0 or more"
        raise UsageError(f"{name} must be {limit}, not {value!r}.")
    return number


def check_answer(k: int, queries: int, rows: int) -> None:
    """Refuse a k so far beyond the rows there are that the answer would hold little but gaps.

    Args:
        k: How many rows are wanted for each query.
        queries: How many there are.
        rows: How many rows there are.

    Raises:
        UsageError: More than 16 million places would be empty.
    """
    if (k - rows) * queries > _GAPS:
        raise UsageError(f"k is {k:,}, and there are {rows:,} rows: ask for no more than those.")


def table(name: str, value: ArrayLike) -> NDArray[Any]:
    """Make an array of what is given.

    Args:
        name: What it is, for the message.
        value: An array, or lists of one length.

    Returns:
        The array.

    Raises:
        UsageError: The lists are of several lengths.
    """
    try:
        return np.asarray(value)
    except ValueError as error:
        raise UsageError(f"{name} must be an array, every row of one length ({error}).") from None


def check_metric(metric: str) -> None:
    """Refuse a measure of features that there is not.

    Args:
        metric: Its name.

    Raises:
        UsageError: It is not ``euclidean`` or ``inner_product``.
    """
    if metric not in METRICS:
        raise UsageError(f"There is no metric {metric!r}.{nearest(metric, METRICS)}")


def check_queries(queries: NDArray[Any]) -> NDArray[np.float32]:
    """Bring the features of queries to float32.

    Args:
        queries: ``(q, d)`` numbers.

    Returns:
        ``(q, d)`` float32, finite.

    Raises:
        UsageError: They are not real numbers.
        AehashError: One holds NaN, infinity or a number beyond float32.
    """
    if queries.dtype.kind not in "fiu":
        raise UsageError(f"A query must be real numbers, not {queries.dtype}.")
    with np.errstate(over="ignore"):
        asked = np.asarray(queries, np.float32)
    finite = np.isfinite(asked).all(axis=1)
    if not finite.all():
        raise AehashError(
            f"Query {np.flatnonzero(~finite)[0]} holds NaN, infinity or a number beyond float32: "
            "look at how its features were made, and leave it out."
        )
    return asked


def check_folder(folder: str | Path) -> Path:
    """Make a path of what names a folder.

    Args:
        folder: Text or a path.

    Returns:
        The path.

    Raises:
        UsageError: It is neither, or holds a NUL character.
    """
    try:
        path = Path(folder)
    except TypeError:
        raise UsageError(f"The folder must be text or a path, not {folder!r}.") from None
    if "\0" in str(path):
        raise UsageError(f"The folder {str(path)!r} has a NUL in its name: leave that out.")
    return path
