"""The NumPy kernels, which work where numba is missing, against FAISS as one finds it."""

from typing import Any

import numpy as np

from aehash import parallel
from aehash.index import HammingIndex
from benchmarks import codes as made
from benchmarks import data, peers
from benchmarks.contest import OURS, Way, check, contest, judged
from benchmarks.scale import Scale

QUERIES = 16
TARGET = 0.3


def run(scale: Scale) -> dict[str, Any]:
    """Time both on the same queries and threads."""
    data.need_package("faiss")
    kinds, sentence = made.kinds()
    sizes = (scale.few_rows, scale.rows) if scale.every_cell else (scale.rows,)
    rows = []
    for bits in scale.bits:
        for kind in kinds:
            for size in sizes:
                codes = made.make(kind, bits, size, QUERIES, scale.seed)
                rows += _measure(codes, scale)
    return {
        "about": (
            "`HammingIndex.search` with `AEHASH_KERNELS=numpy`, as it works where numba is not "
            "installed, against `IndexBinaryFlat` with its default heap. Distances are compared "
            f"before. {sentence}"
        ),
        "seed": scale.seed,
        "packages": peers.PACKAGES,
        "contests": rows,
    }


def _measure(codes: made.Codes, scale: Scale) -> list[dict[str, Any]]:
    theirs = peers.flat(codes)
    ours = HammingIndex.from_codes(codes.database, codes.bits)
    way = peers.faiss_ways(codes, theirs)[peers.FAISS[0]]
    threads, queries, rows = parallel.cores(), codes.queries, []
    peers.set_faiss_threads(threads, len(queries))
    for k in scale.ks if scale.every_cell else scale.ks[:2]:
        with peers.kernels("numpy"):
            found = ours.search(queries, k, threads=threads).distances
            check(np.array_equal(found, way(queries, k)[0]), f"{codes.name}: aehash and FAISS")
            times = contest(
                Way(OURS, lambda k=k: ours.search(queries, k, threads=threads)),  # type: ignore[misc]
                [Way(peers.FAISS[0], lambda k=k: way(queries, k))],  # type: ignore[misc]
                scale.box,
            )
        about = {"codes": codes.kind, "bits": codes.bits, "rows": len(codes.database)}
        about |= {"queries": len(queries), "k": k, "threads": threads}
        target = TARGET if len(codes.database) >= 100_000 else None
        rows.append(judged(about, times, peers.FAISS[:1], target))
    return rows
