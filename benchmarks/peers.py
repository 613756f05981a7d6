"""What aehash's search is compared with: FAISS, usearch, and NumPy by hand."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.codes import Codes

Found = tuple[NDArray[Any], NDArray[Any]]
FAISS = ("FAISS flat, heap", "FAISS flat, counting", "knn_hamming hc", "knn_hamming mc")
PACKAGES = ("aehash", "numpy", "numba", "faiss-cpu", "usearch")


@contextmanager
def kernels(name: str) -> Iterator[None]:
    """Let aehash use other kernels for a while.

    Args:
        name: ``numba`` or ``numpy``.
    """
    before = os.environ.get("AEHASH_KERNELS")
    os.environ["AEHASH_KERNELS"] = name
    try:
        yield
    finally:
        del os.environ["AEHASH_KERNELS"]
        if before is not None:
            os.environ["AEHASH_KERNELS"] = before


def faiss_options() -> str:
    """Say which of its instruction sets FAISS has loaded."""
    import faiss

    return str(faiss.get_compile_options()).strip()


def set_faiss_threads(threads: int, queries: int) -> None:
    """Set how many threads FAISS uses from now on.

    Args:
        threads: How many it may use.
        queries: How many it will be given at once: it shares them out, so that more threads than
            queries would only cost it time.
    """
    import faiss

    faiss.omp_set_num_threads(min(threads, queries))


def flat(codes: Codes) -> Any:
    """Make FAISS's exact index over codes."""
    import faiss

    index = faiss.IndexBinaryFlat(codes.bits)
    index.add(codes.database)
    return index


def faiss_ways(codes: Codes, index: Any) -> dict[str, Callable[[NDArray[np.uint8], int], Found]]:
    """Give every way FAISS has to search exactly.

    Args:
        codes: What is searched.
        index: From `flat`, over the same codes.

    Returns:
        By name, functions of queries and k that return distances and ids.
    """
    import faiss

    def search(heap: bool) -> Callable[[NDArray[np.uint8], int], Found]:
        def way(queries: NDArray[np.uint8], k: int) -> Found:
            index.use_heap = heap
            distances, ids = index.search(queries, k)
            return distances, ids

        return way

    def knn(variant: str) -> Callable[[NDArray[np.uint8], int], Found]:
        def way(queries: NDArray[np.uint8], k: int) -> Found:
            distances, ids = faiss.knn_hamming(queries, codes.database, k, variant)
            return distances, ids

        return way

    return dict(zip(FAISS, (search(True), search(False), knn("hc"), knn("mc")), strict=True))


def usearch_way(codes: Codes, threads: int) -> Callable[[NDArray[np.uint8], int], Found]:
    """Give usearch's exact search, as a function of queries and k."""
    from usearch.compiled import MetricKind
    from usearch.index import search

    def way(queries: NDArray[np.uint8], k: int) -> Found:
        found = search(
            codes.database, queries, k, MetricKind.Hamming, exact=True, threads=threads, dtype="b1"
        )
        return np.atleast_2d(found.distances), np.atleast_2d(found.keys)

    return way


def numpy_way(codes: Codes) -> Callable[[NDArray[np.uint8], int], Found]:
    """Give what one writes by hand: XOR, count the ones, argpartition; one query at a time."""
    words = codes.database.view(np.uint64)

    def nearest(query: NDArray[np.uint64], k: int) -> Found:
        distances = np.bitwise_count(words ^ query).sum(axis=1, dtype=np.uint16)
        rows = np.argpartition(distances, k - 1)[:k]
        rows = rows[np.lexsort((rows, distances[rows]))]
        return distances[rows], rows

    def way(queries: NDArray[np.uint8], k: int) -> Found:
        found = [nearest(query, k) for query in queries.view(np.uint64)]
        return np.stack([one[0] for one in found]), np.stack([one[1] for one in found])

    return way
