"""Whether a database and queries belong together, and which rows they have in common."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.codebook.stages import stages_of, stages_text
from aehash.errors import UsageError
from aehash.metrics.protocol import Protocol
from aehash.metrics.ties import Ints


def own_rows(database: Codebook, queries: Codebook, protocol: Protocol) -> Ints:
    """Find each query's own row in the database, by key.

    Args:
        database: What is searched.
        queries: What is asked.
        protocol: Its ``exclude_self`` says whether to look; ``auto`` looks where both have the
            same source, or are one and the same codebook.

    Returns:
        ``(q,)`` database rows, -1 where there is none.
    """
    none = np.full(len(queries), -1, np.int64)
    same = _same_data(database, queries)
    if not (same if protocol.exclude_self == "auto" else protocol.exclude_self):
        return none
    order = np.argsort(database.keys, kind="stable")
    place = np.searchsorted(database.keys, queries.keys, sorter=order)
    row = order[np.minimum(place, len(order) - 1)]
    return np.where(database.keys[row] == queries.keys, row, none)


def _same_data(database: Codebook, queries: Codebook) -> bool:
    if queries.source is not None and queries.source == database.source:
        return True
    if queries is database:
        return True
    sums = [_sums(book) for book in (database, queries)]
    return sums[0] is not None and sums[0] == sums[1]


def _sums(book: Codebook) -> tuple[str, str] | None:
    files = book.manifest.get("files")
    return None if files is None else (files["codes.npy"]["sha256"], files["keys.npy"]["sha256"])


def check_pair(database: Codebook, queries: Codebook, protocol: Protocol) -> None:
    """Refuse codebooks that cannot be compared.

    Args:
        database: What is searched.
        queries: What is asked.
        protocol: How.

    Raises:
        UsageError: One is empty, they are of different bits, trainings, stages or classes, or
            features are needed and missing.
    """
    for name, book in (("database", database), ("set of queries", queries)):
        if not len(book):
            raise UsageError(f"The {name} is empty: there is nothing to evaluate.")
    if database.bits != queries.bits:
        raise UsageError(
            f"The database has {database.bits} bits a code and the queries {queries.bits}: "
            "extract both with the same snapshot."
        )
    if database.snapshot and queries.snapshot and database.snapshot != queries.snapshot:
        raise UsageError(
            "The database's and the queries' codes come from two different trainings, so their "
            "bits do not mean the same: extract both with the same run."
        )
    _check_stages(database, queries)
    if database.classes and queries.classes and database.classes != queries.classes:
        raise UsageError(
            "The database's and the queries' class names differ, so their labels do not mean "
            f"the same: {_short(database.classes)} and {_short(queries.classes)}."
        )
    if protocol.rerank or protocol.metric != "hamming":
        _check_features(database.features, queries.features)


def _check_stages(database: Codebook, queries: Codebook) -> None:
    """Refuse a codebook of unknown origin against one whose features or codes a stage made."""
    names = ("database", "queries")
    staged = [stages_text(book.manifest) for book in (database, queries)]
    for name, stages, other, book in zip(
        names, staged, names[::-1], (queries, database), strict=True
    ):
        if stages and book.snapshot is None and not stages_of(book.manifest):
            raise UsageError(
                f"The {name} went through a stage, {stages}, and the {other} do not say where they "
                "come from, so their bits may not mean the same: put both through the same stage "
                "(--stage FILE.npz of `aehash codebook whiten` or `binarise`)."
            )


def _check_features(database: NDArray[Any] | None, queries: NDArray[Any] | None) -> None:
    for name, features in (("database", database), ("queries", queries)):
        if features is None:
            raise UsageError(
                f"Ranking by features needs them, and the {name} codebook has none. "
                "Extract again, or import the codes with --features."
            )
    if database is not None and queries is not None and database.shape[1] != queries.shape[1]:
        raise UsageError(
            f"The database has {database.shape[1]} features a row and the queries "
            f"{queries.shape[1]}: extract both with the same snapshot."
        )


def _short(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
