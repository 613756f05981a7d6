"""The k nearest codes: aehash against every exact way of FAISS, usearch and NumPy."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from aehash import jit, parallel
from aehash.index import HammingIndex, hamming_distances
from benchmarks import codes as made
from benchmarks import data, peers
from benchmarks.contest import OURS, Way, check, contest, judged
from benchmarks.scale import Scale

BATCH, MANY, FEW = "batch", "many", "few"
_CHECKED = 4
_BY_HAND = 4
_USEARCH = 8
_WORK = 8_000_000
"""Comparisons that usearch and NumPy are given at most: their times are scaled."""
_TARGETS: dict[str, dict[int, float]] = {
    BATCH: {64: 9.0, 128: 7.0, 256: 5.0},
    FEW: {64: 4.0, 128: 2.5, 256: 1.4},
}
_BATCH_1000, _MANY = 4.0, 1.2


@dataclass(frozen=True)
class Cell:
    """One line of the table: so many queries, neighbours and threads."""

    queries: int
    k: int
    threads: int


def run(scale: Scale) -> dict[str, Any]:
    """Time every cell; results are compared before."""
    data.need_package("faiss")
    data.need_package("usearch")
    kinds, sentence = made.kinds()
    rows: list[dict[str, Any]] = []
    for bits in scale.bits:
        for kind in kinds:
            for size in (scale.few_rows, scale.rows):
                rows += _measure(kind, bits, size, scale)
        rows += _measure("random", bits, scale.many_rows, scale)
    return {
        "about": (
            "`HammingIndex.search` against `IndexBinaryFlat` (with a heap and by counting), "
            "`knn_hamming` (hc and mc), usearch's exact search and NumPy by hand (XOR, "
            "`bitwise_count`, `argpartition`; one thread). The ratio is to whichever of FAISS's "
            "four ways has the best median in that line; FAISS shares queries out among threads, "
            "so a single one has one thread there. Before a line is timed, its distances "
            "are compared with all peers', and its rows and their order with aehash's own "
            "NumPy kernels'; the peers' rows differ from ours, and from each other's, at ties. "
            f"usearch and NumPy are timed on at most {_USEARCH} and {_BY_HAND} of the queries, "
            f"and scaled. {sentence} FAISS has loaded: {peers.faiss_options()}."
        ),
        "seed": scale.seed,
        "packages": peers.PACKAGES,
        "contests": rows,
    }


def _measure(kind: made.Kind, bits: int, size: int, scale: Scale) -> list[dict[str, Any]]:
    codes = made.make(kind, bits, size, scale.batch, scale.seed)
    ours = HammingIndex.from_codes(codes.database, bits)
    theirs = peers.flat(codes)
    print(f"  {codes.name}", flush=True)
    return [_cell(codes, ours, theirs, cell, scale) for cell in _cells(size, scale)]


def _cells(size: int, scale: Scale) -> Iterator[Cell]:
    """Choose what is measured at this size: all of it, or what tells the most."""
    most = parallel.cores()
    counts = sorted({1, most})
    for queries in (1, min(16, scale.batch), scale.batch):
        for k in scale.ks:
            for threads in counts:
                if scale.every_cell or _telling(size, queries, k, threads == most, scale):
                    yield Cell(queries, k, threads)


def _telling(size: int, queries: int, k: int, all_threads: bool, scale: Scale) -> bool:
    if size == scale.rows:
        return queries in (1, scale.batch) and (all_threads or k == scale.ks[0])
    if size == scale.many_rows:
        return queries != scale.batch and k == scale.ks[0] and (all_threads or queries == 1)
    return all_threads and queries in (1, scale.batch) and k <= scale.ks[:2][-1]


def _target(bits: int, size: int, cell: Cell) -> float | None:
    if size == 10_000_000 and cell.queries == 1:
        return _MANY
    if size != 1_000_000:
        return None
    if cell.queries == 256:
        return _BATCH_1000 if cell.k == 1000 else _TARGETS[BATCH].get(bits)
    return _TARGETS[FEW].get(bits) if cell.queries == 1 else None


def _cell(
    codes: made.Codes, ours: HammingIndex, theirs: Any, cell: Cell, scale: Scale
) -> dict[str, Any]:
    queries, k = codes.queries[: cell.queries], cell.k
    peers.set_faiss_threads(cell.threads, cell.queries)
    faiss = peers.faiss_ways(codes, theirs)
    afford = max(1, _WORK // len(codes.database))
    by_hand, usearch = min(_BY_HAND, cell.queries, afford), min(_USEARCH, cell.queries, afford)
    numpy_way, usearch_way = peers.numpy_way(codes), peers.usearch_way(codes, cell.threads)
    _compare(codes, ours, {**faiss, "usearch": usearch_way, "NumPy": numpy_way}, cell)
    others = [Way(name, lambda w=way: w(queries, k)) for name, way in faiss.items()]  # type: ignore[misc]
    others += [
        Way("usearch", lambda: usearch_way(queries[:usearch], k), usearch / cell.queries, False),
        Way("NumPy", lambda: numpy_way(queries[:by_hand], k), by_hand / cell.queries, False),
    ]
    times = contest(
        Way(OURS, lambda: ours.search(queries, k, threads=cell.threads)), others, scale.box
    )
    about = {"codes": codes.kind, "bits": codes.bits, "rows": len(codes.database)}
    about |= {"queries": cell.queries, "k": k, "threads": cell.threads}
    target = _target(codes.bits, len(codes.database), cell)
    return judged(about, times, peers.FAISS, target)


def _compare(codes: made.Codes, ours: HammingIndex, ways: dict[str, Any], cell: Cell) -> None:
    """Compare results: distances with the peers', everything with our NumPy kernels'."""
    queries = codes.queries[: cell.queries]
    found = ours.search(queries, cell.k, threads=cell.threads)
    few = queries[:_CHECKED]
    for name, way in ways.items():
        asked = queries if name in peers.FAISS else few[:1]
        distances = np.sort(way(asked, cell.k)[0], axis=1)
        agree = np.array_equal(distances, found.distances[: len(asked)])
        check(agree, f"{codes.name}, k = {cell.k}: aehash and {name}")
    for query, rows, near in zip(few, found.indices, found.distances, strict=False):
        true = hamming_distances(query[None], codes.database[rows])[0]
        check(np.array_equal(true, near), f"{codes.name}: aehash's rows and their distances")
    if jit.kernels() == "numba":
        with peers.kernels("numpy"):
            slow = ours.search(few, cell.k, threads=cell.threads)
        agree = np.array_equal(slow.indices, found.indices[: len(few)])
        check(agree, f"{codes.name}, k = {cell.k}: numba and NumPy kernels")
