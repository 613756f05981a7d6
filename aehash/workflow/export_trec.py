"""Rankings and relevance as TREC's two text files, which trec_eval and its kin score.

A run has one order, so that "the mean over all orders of tied items" cannot be written into it.
With ``ties=database`` tied items stand in database order, as in ``evaluate(…, ties="database")``,
and every line has a score of its own, so that no scorer orders them anew. ``ties=shuffled`` draws
an order by a seed: the mean of many such exports comes near the mean over all orders.
``ties=scorer`` writes the negative distance and leaves tied items to the program that scores, which
orders them by name in trec_eval.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TextIO

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.files import atomic_folder, write_json
from aehash.index.checks import whole
from aehash.metrics.judge import Judge
from aehash.metrics.protocol import Protocol
from aehash.metrics.relevance import LabelSets, relevant
from aehash.metrics.split_identity import known_split, split_digest

TrecTies = Literal["database", "shuffled", "scorer"]
TREC_TIES: tuple[TrecTies, ...] = ("database", "shuffled", "scorer")
QRELS, RUN, FACTS = "qrels.txt", "run.txt", "export.json"
NOTHING = "%nothing"
"""Stands alone in the run for a query that retrieves nothing, so that it counts as 0; no id of an
item holds a bare per cent sign."""
MOST = 20_000_000
_BLOCK = 64
_ODD = re.compile(r"[%\s\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class TrecExport:
    """What was written.

    Attributes:
        folder: With ``qrels.txt``, ``run.txt`` and ``export.json``.
        queries: How many.
        judged: Lines of the qrels.
        ranked: Lines of the run.
    """

    folder: Path
    queries: int
    judged: int
    ranked: int


def export_trec(
    out: Path,
    database: Codebook,
    queries: Codebook,
    protocol: Protocol | None = None,
    *,
    ties: TrecTies = "database",
    depth: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    progress: Callable[[int], object] | None = None,
) -> TrecExport:
    """Write what is relevant, and what was retrieved in which order.

    Args:
        out: The folder to make; an export that stands there is replaced.
        database: What is searched; labelled.
        queries: What is asked; labelled.
        protocol: How items are ranked and judged; its cuts, its divisor and its ties count for
            nothing here.
        ties: ``database``, ``shuffled`` or ``scorer``.
        depth: Only the first so many of each ranking; by default all. The qrels are whole.
        sample: Only so many queries, drawn by the seed; by default all.
        seed: Of the sample and of shuffled ties.
        progress: Takes how many queries were written since it was called last.

    Returns:
        How much was written.

    Raises:
        UsageError: There would be more than 20 million lines, something else stands at ``out``, or
            the codebooks do not belong together.
    """
    if ties not in TREC_TIES:
        raise UsageError(f"ties is {ties!r}; it must be one of {', '.join(TREC_TIES)}.")
    depth = None if depth is None else whole("depth", depth, 1)
    generator = np.random.default_rng(whole("seed", seed, 0))
    if sample is not None:
        queries = _drawn(queries, whole("sample", sample, 1), generator)
    protocol = replace(protocol or Protocol(), ks=("all",))
    check_place(out)
    judge = Judge(database, queries, protocol)
    lines = len(queries) * min(depth or len(database), len(database))
    if lines > MOST:
        raise UsageError(
            f"That would be up to {lines:,} lines, and {MOST:,} are written at most: ask for the "
            "first of each ranking (--depth 1000), or for some queries (--sample 100)."
        )
    names = _Names.of(queries), _Names.of(database)
    judged = ranked = empty = 0
    with atomic_folder(out) as aside:
        with _text(aside / QRELS) as qrels, _text(aside / RUN) as run:
            for start in range(0, len(queries), _BLOCK):
                rows = slice(start, min(start + _BLOCK, len(queries)))
                judged += _write_qrels(qrels, rows, names, database, queries, judge, protocol)
                for query, found in enumerate(judge.ranked(rows), start):
                    order, scores = _ordered(*found, ties, generator)
                    empty += not len(order)
                    ranked += _write_run(run, names, query, order[:depth], scores[:depth])
                if progress is not None:
                    progress(rows.stop - rows.start)
        facts = _facts(protocol, database, queries)
        facts |= {"ties": ties, "depth": depth, "sample": sample, "seed": seed}
        facts |= {"lines": {QRELS: judged, RUN: ranked}, "empty_queries": empty}
        write_json(aside / FACTS, facts)
    return TrecExport(out, len(queries), judged, ranked)


def check_place(out: Path) -> None:
    """Refuse to replace a folder that is no export.

    Args:
        out: Where one is to be made.

    Raises:
        UsageError: It is a file, or a folder with something else.
    """
    if out.is_dir() and ((out / FACTS).is_file() or not any(out.iterdir())):
        return
    if out.exists():
        raise UsageError(f"{out} exists and is no export. Name another folder.")


def trec_id(key: str) -> str:
    """Write a key without blanks, which part the columns of TREC's files.

    Args:
        key: A row's name.

    Returns:
        The key with blanks, per cent signs and what cannot be printed as ``%20`` and so on.
    """

    def escaped(match: re.Match[str]) -> str:
        return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogateescape"))

    return _ODD.sub(escaped, key)


@dataclass(frozen=True)
class _Names:
    ids: Sequence[str]

    @classmethod
    def of(cls, book: Codebook) -> "_Names":
        return cls([trec_id(book.key(row)) for row in range(len(book))])


def _drawn(queries: Codebook, count: int, generator: np.random.Generator) -> Codebook:
    rows = np.sort(generator.permutation(len(queries))[:count])
    parts: dict[str, Any] = {
        name: np.asarray(array)[rows]
        for name in ("codes", "keys", "features", "labels")
        if (array := getattr(queries, name)) is not None
    }
    return replace(queries, **parts)


def _text(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="\n")


def _write_qrels(
    file: TextIO,
    rows: slice,
    names: tuple[_Names, _Names],
    database: Codebook,
    queries: Codebook,
    judge: Judge,
    protocol: Protocol,
) -> int:
    """Write what is relevant to some queries; a query to which nothing is has a line that says 0.

    With several labels and ``any``, the grade is the number of labels shared, as in our nDCG.
    """
    count = 0
    for query, grades in enumerate(_grades(rows, database, queries, protocol), rows.start):
        if judge.own[query] >= 0:
            grades[judge.own[query]] = 0
        found = np.flatnonzero(grades)
        shown = found if len(found) else _other(judge, query, len(database))
        name = names[0].ids[query]
        file.writelines(f"{name} 0 {names[1].ids[row]} {grades[row]}\n" for row in shown.tolist())
        count += len(shown)
    return count


def _other(judge: Judge, query: int, size: int) -> NDArray[np.int64]:
    """Take an item that is not the query itself."""
    row = int(judge.own[query] == 0)
    return np.array([row] if row < size else [], np.int64)


def _grades(
    rows: slice, database: Codebook, queries: Codebook, protocol: Protocol
) -> NDArray[np.int64]:
    marks = relevant(
        LabelSets.from_labels(queries.labels)[rows],
        LabelSets.from_labels(database.labels),
        protocol.relevance,
    )
    asked, held = np.asarray(queries.labels)[rows], np.asarray(database.labels)
    if held.ndim == 1 or protocol.relevance != "any":
        return marks.astype(np.int64)
    return np.asarray((asked.astype(np.float32) @ held.T.astype(np.float32)).astype(np.int64))


def _ordered(
    rows: NDArray[np.int64],
    distances: NDArray[np.float64],
    ties: TrecTies,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Put tied items in the asked order, and give each item its score, the best first."""
    if ties == "scorer":
        return rows, -distances
    if ties == "shuffled":
        rows = rows[np.lexsort((generator.random(len(rows)), distances))]
    return rows, np.arange(len(rows), 0, -1)


def _write_run(
    file: TextIO,
    names: tuple[_Names, _Names],
    query: int,
    rows: NDArray[np.int64],
    scores: NDArray[Any],
) -> int:
    name = names[0].ids[query]
    if not len(rows):
        file.write(f"{name} Q0 {NOTHING} 1 0 aehash\n")
        return 1
    pairs = zip(rows.tolist(), scores.tolist(), strict=True)
    file.writelines(
        f"{name} Q0 {names[1].ids[row]} {rank} {score:.17g} aehash\n"
        for rank, (row, score) in enumerate(pairs, 1)
    )
    return len(rows)


def _facts(protocol: Protocol, database: Codebook, queries: Codebook) -> dict[str, Any]:
    conventions = protocol.as_dict()
    split = split_digest(queries.keys, database.keys)
    return {
        **{name: conventions[name] for name in ("metric", "radius", "rerank", "relevance")},
        "exclude_self": protocol.exclude_self,
        "n_queries": len(queries),
        "n_database": len(database),
        "database": {"source": database.source, "split": database.split},
        "queries": {"source": queries.source, "split": queries.split},
        "split": {"sha256": split, "name": known_split(split, queries.source)},
    }
