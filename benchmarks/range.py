"""All codes within a radius: aehash against FAISS's range search."""

from typing import Any

import numpy as np

from aehash import parallel
from aehash.index import HammingIndex, Neighbours, hamming_distances
from benchmarks import codes as made
from benchmarks import data, peers
from benchmarks.contest import OURS, Way, check, contest, judged
from benchmarks.scale import Scale

QUERIES = 64
FAISS = "FAISS range_search"
_LOOKED_AT = 4


def run(scale: Scale) -> dict[str, Any]:
    """Time radii with nothing, little and much inside, for many queries and for one."""
    data.need_package("faiss")
    kinds, sentence = made.kinds()
    rows: list[dict[str, Any]] = []
    for bits in scale.bits:
        for kind in kinds:
            rows += _measure(made.make(kind, bits, scale.rows, QUERIES, scale.seed), scale)
    return {
        "about": (
            "`HammingIndex.within` against `IndexBinaryFlat.range_search`. Radii are chosen by "
            "how many rows they hold: the largest with at most so many inside, on average over "
            f"{_LOOKED_AT} queries; *inside* is the mean of the queries timed. Ours come sorted, "
            "nearest first and ties in database order; FAISS's come in database order. Before "
            "timing, the rows found are compared, one for one. FAISS shares queries out among "
            f"threads, so a single one has one thread there, whatever the line says. {sentence}"
        ),
        "seed": scale.seed,
        "packages": peers.PACKAGES,
        "contests": rows,
    }


def _measure(codes: made.Codes, scale: Scale) -> list[dict[str, Any]]:
    print(f"  {codes.name}", flush=True)
    ours = HammingIndex.from_codes(codes.database, codes.bits)
    theirs = peers.flat(codes)
    most = parallel.cores()
    rows = []
    for radius in _radii(codes, scale.inside):
        for count, threads in sorted({(QUERIES, most), (1, most), (1, 1)}, reverse=True):
            rows.append(_cell(codes, ours, theirs, radius, count, threads, scale))
    return rows


def _radii(codes: made.Codes, inside: tuple[int, ...]) -> list[int]:
    """Find the largest radius with at most so many rows inside, on average."""
    distances = hamming_distances(codes.queries[:_LOOKED_AT], codes.database)
    counts = np.bincount(distances.ravel(), minlength=codes.bits + 1)
    means = np.cumsum(counts) / len(distances)
    found = [int(np.searchsorted(means, wanted, side="right")) - 1 for wanted in inside]
    return sorted({max(0, radius) for radius in found})


def _cell(
    codes: made.Codes,
    ours: HammingIndex,
    theirs: Any,
    radius: int,
    count: int,
    threads: int,
    scale: Scale,
) -> dict[str, Any]:
    queries = codes.queries[:count]
    peers.set_faiss_threads(threads, count)
    found = ours.within(queries, radius, threads=threads)
    _compare(found, theirs.range_search(queries, radius + 1), f"{codes.name}, radius {radius}")
    times = contest(
        Way(OURS, lambda: ours.within(queries, radius, threads=threads)),
        [Way(FAISS, lambda: theirs.range_search(queries, radius + 1))],
        scale.box,
    )
    about: dict[str, Any] = {"codes": codes.kind, "bits": codes.bits, "rows": len(codes.database)}
    about |= {"queries": count, "radius": radius, "inside": len(found.indices) / count}
    about["threads"] = threads
    large = len(codes.database) >= 1_000_000
    return judged(about, times, [FAISS], (1.0 if count == 1 else 3.0) if large else None)


def _compare(found: Neighbours, theirs: tuple[Any, Any, Any], what: str) -> None:
    """Compare the counts of all queries, and the rows of the first few, order and all."""
    limits, distances, ids = theirs
    check(np.array_equal(limits, found.offsets), f"{what}: rows found by aehash and FAISS")
    for query in range(min(_LOOKED_AT, len(found))):
        part = slice(int(limits[query]), int(limits[query + 1]))
        order = np.lexsort((ids[part], distances[part]))
        rows, near = found.of(query)
        agree = np.array_equal(rows, ids[part][order])
        agree = agree and np.array_equal(near, distances[part][order])
        check(agree, f"{what}: rows found by aehash and FAISS")
