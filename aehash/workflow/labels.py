"""Labels by the names that users know them by."""

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import UsageError, nearest


def label_name(book: Codebook, row: int) -> str:
    """Name a row's label, or its labels joined by ``|``.

    Args:
        book: The codebook.
        row: Which row.

    Returns:
        The name; empty where there are no labels.
    """
    return "|".join(label_names(book, row))


def label_names(book: Codebook, row: int) -> list[str]:
    """Name a row's labels.

    Args:
        book: The codebook.
        row: Which row.

    Returns:
        The names; none where there are no labels.
    """
    if book.labels is None:
        return []
    if book.labels.ndim == 1:
        numbers = [int(book.labels[row])]
    else:
        numbers = [int(number) for number in np.flatnonzero(book.labels[row])]
    names = book.classes
    return [names[n] if 0 <= n < len(names) else str(n) for n in numbers]


def label_mask(book: Codebook, name: str) -> NDArray[np.bool_]:
    """Find the rows that have a label.

    Args:
        book: The codebook.
        name: A class's name, or its number.

    Returns:
        ``(n,)`` bool.

    Raises:
        UsageError: There are no labels, there is no such class, or no row has it.
    """
    if book.labels is None:
        raise UsageError(f"The codebook has no labels, so none is {name!r}.")
    if name in book.classes:
        number = book.classes.index(name)
    elif name.isdecimal():
        number = int(name)
    elif book.classes:
        raise UsageError(f"There is no label {name!r}.{nearest(name, book.classes)}")
    else:
        raise UsageError(f"The codebook's labels have no names: give a number, not {name!r}.")
    if book.labels.ndim == 1:
        mask = np.asarray(book.labels == number)
    elif number < book.labels.shape[1]:
        mask = np.asarray(book.labels[:, number] != 0)
    else:
        mask = np.zeros(len(book), np.bool_)
    if not mask.any():
        raise UsageError(f"No image of the codebook has the label {name!r}.")
    return mask
