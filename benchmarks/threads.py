"""Two threads against one."""

from collections.abc import Callable
from typing import Any

from aehash import parallel
from aehash.index import HammingIndex
from benchmarks import codes as made
from benchmarks import data, peers
from benchmarks.contest import OURS, Box, Way, contest, judged
from benchmarks.scale import Scale

ONE = "aehash, 1 thread"
TARGET = 1.8
THREADS = 2


def run(scale: Scale) -> dict[str, Any]:
    """Time the same search with one thread and with two, in turn."""
    if parallel.cores() < THREADS:
        raise data.MissingError("There is one core, and two threads need two.")
    rows: list[dict[str, Any]] = []
    for bits in scale.bits:
        codes = made.make("random", bits, scale.rows, scale.batch, scale.seed)
        index = HammingIndex.from_codes(codes.database, bits)
        for k in scale.ks:
            rows.append(_search(index, codes, scale.batch, k, scale))
        rows.append(_within(index, codes, scale))
    for bits in scale.bits:
        codes = made.make("random", bits, scale.many_rows, 1, scale.seed)
        index = HammingIndex.from_codes(codes.database, bits)
        rows.append(_search(index, codes, 1, scale.ks[0], scale))
    return {
        "about": (
            f"The same work with {THREADS} threads and with one, in turn, on random codes. One "
            "query over many rows is bound by the memory, which the cores share."
        ),
        "seed": scale.seed,
        "packages": peers.PACKAGES,
        "contests": rows,
    }


def _search(
    index: HammingIndex, codes: made.Codes, count: int, k: int, scale: Scale
) -> dict[str, Any]:
    queries = codes.queries[:count]

    def search(threads: int) -> Callable[[], object]:
        return lambda: index.search(queries, k, threads=threads)

    return _row(codes, {"queries": count, "k": k}, search, scale)


def _within(index: HammingIndex, codes: made.Codes, scale: Scale) -> dict[str, Any]:
    queries, radius = codes.queries[:64], codes.bits // 16

    def within(threads: int) -> Callable[[], object]:
        return lambda: index.within(queries, radius, threads=threads)

    return _row(codes, {"queries": len(queries), "radius": radius}, within, scale)


def _row(
    codes: made.Codes, asked: dict[str, int], work: Callable[[int], Callable[[], object]], s: Scale
) -> dict[str, Any]:
    box = Box(s.box.least, 2 * s.box.most, s.box.seconds)
    times = contest(Way(OURS, work(THREADS)), [Way(ONE, work(1))], box)
    about = {"codes": codes.kind, "bits": codes.bits, "rows": len(codes.database), **asked}
    target = TARGET if len(codes.database) >= 1_000_000 else None
    return judged({**about, "threads": THREADS}, times, [ONE], target)
