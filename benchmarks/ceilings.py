"""How near searches come to what the machine can do: counting bits, and reading memory."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash import jit, parallel
from aehash.index import HammingIndex
from benchmarks import codes as made
from benchmarks import data, peers
from benchmarks.contest import OURS, Way, aim, contest
from benchmarks.pairs import spread
from benchmarks.scale import Scale

CEILING = "ceiling"
TARGET = 0.6
_IN_CACHE = 2048
"""Words counted over and over: 16 KiB, in any first-level cache."""


def run(scale: Scale) -> dict[str, Any]:
    """Time searches and their ceilings in turn."""
    if jit.kernels() != "numba":
        raise data.MissingError("The ceilings are measured with numba, which is not at work here.")
    rows: list[dict[str, Any]] = []
    for bits in scale.bits:
        batch = made.make("random", bits, scale.rows, scale.batch, scale.seed)
        rows += [_counting(batch, threads, scale) for threads in _counts()]
        many = made.make("random", bits, scale.many_rows, 1, scale.seed)
        rows += [_reading(many, threads, scale) for threads in _counts()]
    return {
        "about": (
            "Measured in turn with the searches, k = 10, random codes. Counting: a bare loop of "
            "XOR and popcount over 64-bit words in the first-level cache, whose counts are only "
            "added up. A batch of queries can be above it, because aehash's distances come from "
            "adding bit planes with carry-save adders, not from counting each code's bits. "
            "Reading: every word of an array as large as the codes is added up, once; for a "
            "search, bytes are those of the codes divided by its time."
        ),
        "seed": scale.seed,
        "packages": peers.PACKAGES,
        "shares": rows,
    }


def _counts() -> list[int]:
    return sorted({1, parallel.cores()})


def _counting(codes: made.Codes, threads: int, scale: Scale) -> dict[str, Any]:
    """Compare a batch of queries, in codes a second, with a loop of popcounts."""
    comparisons = len(codes.database) * len(codes.queries)
    words = comparisons * (codes.bits // 64)
    from benchmarks.loops import count

    share = min(1.0, 2e8 / words)
    rounds = max(1, round(words * share / threads / _IN_CACHE))
    column = np.random.default_rng(0).integers(0, 1 << 63, _IN_CACHE, dtype=np.uint64)
    parts = [slice(part * rounds, (part + 1) * rounds) for part in range(threads)]
    loop = Way(
        CEILING,
        lambda: parallel.run(lambda part: count(column.copy(), part.stop - part.start), parts),
        rounds * threads * _IN_CACHE / words,
    )
    return _row(codes, "counting", comparisons, "comparisons/s", loop, threads, scale)


def _reading(codes: made.Codes, threads: int, scale: Scale) -> dict[str, Any]:
    """Compare one query, in bytes of codes a second, with adding up as many bytes."""
    words = codes.database.reshape(-1).view(np.uint64)
    loop = Way(CEILING, _read(words, threads))
    return _row(codes, "reading", codes.database.nbytes, "bytes/s", loop, threads, scale)


def _read(words: NDArray[np.uint64], threads: int) -> Callable[[], object]:
    from benchmarks.loops import total

    parts = parallel.split(len(words), threads)
    return lambda: parallel.run(lambda part: total(words[part]), parts)


def _row(
    codes: made.Codes, ceiling: str, work: int, unit: str, loop: Way, threads: int, scale: Scale
) -> dict[str, Any]:
    index = HammingIndex.from_codes(codes.database, codes.bits)
    k = scale.ks[0]
    search = Way(OURS, lambda: index.search(codes.queries, k, threads=threads))
    times = contest(search, [loop], scale.box)
    pairs = zip(times[OURS], times[CEILING], strict=True)
    share = spread([theirs / ours for ours, theirs in pairs])
    target = TARGET if ceiling == "reading" and work >= 80_000_000 else None
    return {
        "ceiling": ceiling,
        "bits": codes.bits,
        "rows": len(codes.database),
        "queries": len(codes.queries),
        "k": k,
        "threads": threads,
        "unit": unit,
        "ours": spread([work / one for one in times[OURS]]),
        "limit": spread([work / one for one in times[CEILING]]),
        "ratio": share,
        "seconds": times,
        **aim(share["median"], target),
    }
