"""Evaluation as research code does it: one query at a time, a matrix product and an argsort."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aehash import bits as bit_codes
from aehash.codebook import Codebook

Floats = NDArray[np.float64]


def average_precision(relevant: NDArray[Any]) -> float:
    """Compute a list's AP, divided by the hits in it; 0 without any.

    Args:
        relevant: ``(k,)`` 1 or 0, nearest first.

    Returns:
        The mean over the hits of the precision there.
    """
    ranks = np.flatnonzero(relevant) + 1.0
    return float(np.mean(np.arange(1, len(ranks) + 1) / ranks)) if len(ranks) else 0.0


def floats(
    database: Codebook, queries: Codebook, rows: slice, stable: bool
) -> Callable[[int], Floats]:
    """Give the float32 way: labels and ±1 codes multiplied.

    Args:
        database: What is ranked.
        queries: What is asked.
        rows: The queries to score.
        stable: Whether ties keep the database's order; most published code does not see to it.

    Returns:
        A function of the cut that gives each query's AP.
    """
    codes, asked = _signs(database), _signs(queries)[rows]
    labels, wanted = _labels(database), _labels(queries)[rows]
    kind: Literal["stable", "quicksort"] = "stable" if stable else "quicksort"

    def way(k: int) -> Floats:
        found = np.empty(len(asked))
        for row, (code, label) in enumerate(zip(asked, wanted, strict=True)):
            relevant = (label @ labels.T > 0).astype(np.float32)
            distances = 0.5 * (codes.shape[1] - code @ codes.T)
            found[row] = average_precision(relevant[np.argsort(distances, kind=kind)][:k])
        return found

    return way


def packed(database: Codebook, queries: Codebook, rows: slice) -> Callable[[int], Floats]:
    """Give the packed way: bits counted by NumPy, and a stable argsort.

    Args:
        database: What is ranked.
        queries: What is asked.
        rows: The queries to score.

    Returns:
        A function of the cut that gives each query's AP.
    """
    codes, asked = _columns(database.codes), queries.codes[rows].view(np.uint64)
    labels = _columns(_label_bits(database))
    wanted = _label_bits(queries)[rows].view(np.uint64)
    kind = np.uint8 if database.bits < 256 else np.uint16

    def way(k: int) -> Floats:
        found = np.empty(len(asked))
        for row, (code, label) in enumerate(zip(asked, wanted, strict=True)):
            relevant = np.bitwise_or.reduce(labels & label[:, None], axis=0) != 0
            distances: NDArray[Any] = np.zeros(codes.shape[1], kind)
            for column, word in zip(codes, code, strict=True):
                distances += np.bitwise_count(column ^ word)
            order = np.argsort(distances, kind="stable")
            found[row] = average_precision(relevant[order][:k])
        return found

    return way


def _signs(book: Codebook) -> NDArray[np.float32]:
    return bit_codes.unpack(book.codes, book.bits).astype(np.float32) * 2 - 1


def _labels(book: Codebook) -> NDArray[np.float32]:
    return np.asarray(book.labels, np.float32)


def _columns(packed_rows: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(packed_rows.view(np.uint64).T)


def _label_bits(book: Codebook) -> NDArray[np.uint8]:
    """Pack labels, with zeros up to whole 64-bit words."""
    rows = np.packbits(np.asarray(book.labels) > 0, axis=1)
    return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, -rows.shape[1] % 8))))
