"""Hamming distances between all of two sets of codes."""

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.index.checks import table
from aehash.index.words import word_distances, words


def hamming_distances(
    queries: NDArray[np.uint8], database: NDArray[np.uint8]
) -> NDArray[np.uint16]:
    """Count the differing bits between every query and every database code.

    Args:
        queries: ``(q, bytes)`` packed uint8.
        database: ``(n, bytes)`` packed uint8.

    Returns:
        ``(q, n)`` uint16.

    Raises:
        UsageError: The codes have different widths, or are not packed.
    """
    queries, database = table("queries", queries), table("the database", database)
    for name, codes in (("queries", queries), ("database", database)):
        if codes.ndim != 2 or codes.dtype != np.uint8:
            raise UsageError(
                f"The {name} must be packed uint8 codes (n, bytes), not {codes.dtype} of shape "
                f"{codes.shape}."
            )
    if queries.shape[1] != database.shape[1]:
        raise UsageError(
            f"Queries have {queries.shape[1]} bytes a code and the database "
            f"{database.shape[1]}: they must come from the same model."
        )
    return word_distances(words(queries), words(database))
