"""Judge a pair of codebooks by every reading of a ladder, with chance under the same reading."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from aehash.codebook.files import ARRAYS
from aehash.experiments.ladder import KS, Reading, Rung, rungs
from aehash.metrics.average_precision import Depth, score
from aehash.metrics.bootstrap import bootstrap_intervals
from aehash.metrics.code_statistics import code_statistics, collapse_warning
from aehash.metrics.evaluation import evaluate
from aehash.metrics.lists import OrderedLists
from aehash.metrics.relevance import LabelSets, relevant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aehash.codebook import Codebook

    Values = NDArray[np.float64]

_DRAWS, _BITS = 20, 64
"""Random codes that say what a selection makes of chance, and their bits."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Codes to be judged.

    Attributes:
        name: Stable, for programs.
        title: For a reader.
        database: What is searched.
        queries: What is asked.
        paper: What the paper prints for these codes by cut; may be empty.
        trained: Whether a net was trained for them here, with seed 0.
    """

    name: str
    title: str
    database: "Codebook"
    queries: "Codebook"
    paper: Mapping[int, float]
    trained: bool = False

    @property
    def held(self) -> bool:
        """Whether all queries are rows of the database."""
        return bool(np.isin(self.queries.keys, self.database.keys).all())

    @property
    def several(self) -> bool:
        """Whether an item may have several labels."""
        return self.queries.labels is not None and self.queries.labels.ndim == 2

    @property
    def with_features(self) -> bool:
        """Whether there are features on both sides."""
        return self.database.features is not None and self.queries.features is not None


def climb(pair: Pair) -> dict[str, Any]:
    """Judge codes by every reading.

    Args:
        pair: The codes.

    Returns:
        What they are, and a row for each rung: AP at each cut with its 95 % interval over
        queries, and chance.
    """
    codes = code_statistics(pair.database.codes, pair.database.bits)
    steps = rungs(pair.several, pair.held, pair.with_features)
    return {
        "name": pair.name,
        "title": pair.title,
        "bits": pair.database.bits,
        "n_queries": len(pair.queries),
        "n_database": len(pair.database),
        "codes": codes.as_dict(),
        "collapsed": collapse_warning(codes) is not None,
        "paper": {str(k): value for k, value in pair.paper.items()},
        "rows": [_row(rung, pair) for rung in steps],
    }


def _row(rung: Rung, pair: Pair) -> dict[str, Any]:
    values, chance, estimated = _judged(rung.reading, pair)
    kept = [each if len(each) else None for each in values]
    intervals = [None if each is None else bootstrap_intervals({"": each})[""] for each in kept]
    return {
        "name": rung.name,
        "title": rung.title,
        "aside": rung.aside,
        "values": [None if each is None else float(each.mean()) for each in kept],
        "ci95": [None if each is None else [*each] for each in intervals],
        "chance": chance,
        "chance_estimated": estimated,
        "queries": [len(each) for each in values],
    }


def _judged(reading: Reading, pair: Pair) -> tuple[list["Values"], list[float | None], bool]:
    """Give each query's AP at each cut, what chance has, and whether that is an estimate."""
    database, queries = pair.database, pair.queries
    if reading.selected is not None:
        every, _, _ = _judged(replace(reading, selected=None), pair)
        return [each[each > reading.selected] for each in every], _by_luck(reading, pair), True
    if reading.cut_first:
        _, chance, _ = _judged(
            replace(reading, cut_first=False).judged_by(radius=None, rerank=False), pair
        )
        return _cut_first(reading, pair), chance, False
    if reading.among:
        database = joined(database, queries)
    if reading.slip:
        queries = slipped(queries)
    conventions = reading.protocol.as_dict() | {"exclude_self": reading.protocol.exclude_self}
    found = evaluate(database, queries, **conventions)
    names = [f"map@{k}/{reading.protocol.per}" for k in KS]
    return [found.per_query[name] for name in names], [found.chance[name] for name in names], False


def _by_luck(reading: Reading, pair: Pair) -> list[float | None]:
    """Select among random rankings, as many times as there are draws."""
    bar, generator = reading.selected or 0.0, np.random.default_rng(0)
    plain = replace(reading, selected=None).judged_by(radius=None, rerank=False)
    plain = replace(plain, slip=False)
    drawn: list[list[Values]] = []
    for _ in range(_DRAWS):
        books = [_scrambled(book, generator) for book in (pair.database, pair.queries)]
        drawn.append(_judged(plain, replace(pair, database=books[0], queries=books[1]))[0])
    pooled = [np.concatenate(cut) for cut in zip(*drawn, strict=True)]
    kept = [each[each > bar] for each in pooled]
    return [float(each.mean()) if len(each) else None for each in kept]


def _scrambled(book: "Codebook", generator: np.random.Generator) -> "Codebook":
    codes = generator.integers(0, 256, (len(book), _BITS // 8), np.uint8)
    return replace(book, codes=codes, bits=_BITS, features=None)


def _cut_first(reading: Reading, pair: Pair) -> list["Values"]:
    """Take the k nearest by code, ties in database order, and order these by features."""
    from aehash.index.euclidean import rerank
    from aehash.index.hamming import HammingIndex

    database, queries = pair.database, pair.queries
    index = HammingIndex.from_codes(database.codes, database.bits)
    marks = relevant(
        LabelSets.from_labels(queries.labels),
        LabelSets.from_labels(database.labels),
        reading.protocol.relevance,
    )
    if database.features is None or queries.features is None:
        raise ValueError("re-ranking without features")
    found = []
    for k in KS:
        near = index.search(queries.codes, _count(k, len(database))).indices
        ordered = [
            rerank(asked, rows, database.features)[0]
            for asked, rows in zip(queries.features, near, strict=True)
        ]
        lists = OrderedLists.from_relevance(np.take_along_axis(marks, np.stack(ordered), axis=1))
        total, retrieved = marks.sum(axis=1), np.full(len(queries), near.shape[1])
        found.append(score(lists, total, retrieved, ["all"])[f"map@all/{reading.protocol.per}"])
    return found


def _count(k: Depth, size: int) -> int:
    return size if k == "all" else min(k, size)


def slipped(queries: "Codebook") -> "Codebook":
    """Give every query the first query's features, its code and labels being its own."""
    features = queries.features
    if features is None:
        return queries
    return replace(queries, features=np.repeat(features[:1], len(features), axis=0))


def joined(*books: "Codebook") -> "Codebook":
    """Put codebooks of one kind one behind the other."""
    first = books[0]
    parts = {name: [getattr(book, name) for book in books] for name in ARRAYS}
    arrays: dict[str, Any] = {
        name: np.concatenate(every)
        for name, every in parts.items()
        if all(part is not None for part in every)
    }
    manifest = {**first.manifest, "n": sum(map(len, books)), "split": "all"}
    manifest.pop("files", None)
    return replace(first, **arrays, manifest=manifest, further={})
