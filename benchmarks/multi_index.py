"""Near duplicates: multi-index hashing against the scan, and against FAISS's MultiHash."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np

from aehash import parallel
from aehash.index import HammingIndex, Neighbours
from aehash.index.multi_index import MultiIndex
from benchmarks import codes as made
from benchmarks import data, peers
from benchmarks.contest import OURS, Way, check, contest, judged
from benchmarks.scale import Scale

QUERIES = 64
RADII = (2, 4, 6, 8, 12)
SCAN = "aehash scan"
MULTI_HASH = "FAISS MultiHash"
_BATCHES = 256
"""Batches of queries at most, taken in turn: what one reads shall not be in the cache already."""
_PLANNED = 12
"""Batches over which candidates are averaged."""
_SUBSTRING = 16
_FAISS_RADIUS = 4
"""Beyond it, FAISS's look-ups take seconds."""


def run(scale: Scale) -> dict[str, Any]:
    """Time small radii."""
    data.need_package("faiss")
    kinds, sentence = made.kinds()
    rows: list[dict[str, Any]] = []
    built: list[str] = []
    queries = QUERIES * min(_BATCHES, scale.rows // QUERIES)
    for bits in scale.bits:
        for kind in kinds:
            codes = made.make(kind, bits, scale.rows, queries, scale.seed)
            found, statistics = _measure(codes, scale)
            rows += found
            built.append(f"{kind}: {statistics}")
    return {
        "about": (
            "`MultiIndex.within` against the scan of the same codes, `HammingIndex.within`, and "
            f"up to radius {_FAISS_RADIUS} against FAISS's `IndexBinaryMultiHash`, on the same "
            f"threads. Each call has other queries, of {queries:,} in turn, so that it does not "
            "find in the cache what the one before has read. *candidates* are the codes that a "
            "look-up reads, the mean of the queries; *scanned* is the share of queries for which "
            "the index chose the scan. Before timing, the results are compared with the scan's: "
            "they are identical; FAISS finds as many rows, in no order. "
            f"{' '.join(f'{one}.' for one in built)} {sentence}"
        ),
        "seed": scale.seed,
        "packages": peers.PACKAGES,
        "contests": rows,
    }


def _measure(codes: made.Codes, scale: Scale) -> tuple[list[dict[str, Any]], str]:
    print(f"  {codes.name}", flush=True)
    length = None if len(codes.database) >= scale.few_rows * 10 else _SUBSTRING // 2
    ours = MultiIndex.from_codes(codes.database, codes.bits, substring=length)
    scan = HammingIndex.from_codes(codes.database, codes.bits)
    theirs = _multi_hash(codes) if codes.bits == min(scale.bits) else None
    rows = [
        _cell(codes, ours, scan, theirs, radius, count, scale)
        for radius in RADII
        for count in (QUERIES, 1)
    ]
    return rows, str(ours.statistics)


def _multi_hash(codes: made.Codes) -> Any:
    import faiss

    index = faiss.IndexBinaryMultiHash(codes.bits, codes.bits // _SUBSTRING, _SUBSTRING)
    index.add(codes.database)
    return index


def _cell(
    codes: made.Codes,
    ours: MultiIndex,
    scan: HammingIndex,
    theirs: Any,
    radius: int,
    count: int,
    scale: Scale,
) -> dict[str, Any]:
    threads = parallel.cores()
    starts = range(0, len(codes.queries), count)
    batches = [codes.queries[start : start + count] for start in starts]
    found = ours.within(batches[0], radius)
    what = f"{codes.name}, radius {radius}"
    _compare(found, scan.within(batches[0], radius), what)
    ways = [Way(SCAN, _turns(batches, lambda some: scan.within(some, radius, threads=threads)))]
    if theirs is not None and radius <= _FAISS_RADIUS:
        peers.set_faiss_threads(threads, count)
        theirs.nflip = radius // (codes.bits // _SUBSTRING)
        ends = theirs.range_search(batches[0], radius + 1)[0]
        check(np.array_equal(ends, found.offsets), f"{what}: rows found by aehash and FAISS")
        ways.append(Way(MULTI_HASH, _turns(batches, lambda q: theirs.range_search(q, radius + 1))))
    call = _turns(batches, lambda some: ours.within(some, radius, threads=threads))
    times = contest(Way(OURS, call), ways, scale.box)
    plans = [ours.plan(batch, radius) for batch in batches[:_PLANNED]]
    about = {"codes": codes.kind, "bits": codes.bits, "rows": len(codes.database)}
    about |= {"queries": count, "radius": radius, "inside": len(found.indices) / count}
    about["candidates"] = round(float(np.mean([plan.candidates.mean() for plan in plans])))
    about["scanned"] = f"{np.mean([plan.linear.mean() for plan in plans]):.0%}"
    about["threads"] = threads
    return judged(about, times, [way.name for way in ways], None)


def _turns(batches: list[Any], call: Callable[[Any], object]) -> Callable[[], object]:
    """Give a function that calls another with the next batch each time."""
    following = cycle(batches)
    return lambda: call(next(following))


def _compare(found: Neighbours, wanted: Neighbours, what: str) -> None:
    for name in ("offsets", "indices", "distances"):
        same = np.array_equal(getattr(found, name), getattr(wanted, name))
        check(same, f"{what}: {name} of the look-up and of the scan")
