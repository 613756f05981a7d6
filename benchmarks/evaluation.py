"""A whole tie-aware evaluation, against the usual research code and packed NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash import bits as bit_codes
from aehash import parallel
from aehash.codebook import Codebook
from aehash.metrics import evaluate
from benchmarks import by_hand, data
from benchmarks.contest import OURS, Way, check, contest, judged
from benchmarks.scale import Scale

LABELS = "coco_hashnet_protocol.npz"
PACKAGES = ("aehash", "numpy", "numba", "threadpoolctl")
WIDTHS = (64, 128)
K = 5000
NOISE = 2.0
_FLOAT, _PACKED = 70.0, 14.0


def run(scale: Scale) -> dict[str, Any]:
    """Time both sides at each width and number of threads; values are compared before."""
    data.need_package("threadpoolctl")
    rows: list[dict[str, Any]] = []
    for bits in WIDTHS:
        books = _books(bits, scale)
        subset = min(scale.timed, len(books[1]))
        _compare(*books, subset)
        for threads in sorted({1, parallel.cores()}):
            rows += _measure(*books, subset, threads, scale)
    return {
        "about": (
            "`aehash.metrics.evaluate`, whole: every metric at @5000 and @all over all orders of "
            "tied items, chance lines, code figures, bootstrap intervals; labels of the COCO "
            "split of the hashing literature (80 labels), codes are noisy random projections of "
            "them. *Research code*: for each query a float32 product with all labels, one with "
            "all ±1 codes, and `argsort`; *packed NumPy*: label bits and code bits packed, "
            "`bitwise_count` and a stable `argsort`. Both compute one number, AP at the cut, "
            f"on {rows[0]['timed']:,} of the queries, and are scaled to all; before, their AP of "
            "each of these queries (with a stable sort) is compared with ours under ties = "
            "database, per = hits. All sides have the same number of threads; research code's "
            "are those of the float product."
        ),
        "seed": scale.seed,
        "packages": PACKAGES,
        "contests": rows,
    }


def _books(bits: int, scale: Scale) -> tuple[Codebook, Codebook]:
    """Make codes from the labels: random projections, noise, threshold."""
    with np.load(data.need(LABELS)) as file:
        labels = {name: file[f"labels_{name}"] for name in ("test", "database")}
    rng = np.random.default_rng([scale.seed, bits])
    planes = rng.normal(size=(80, bits)).astype(np.float32)
    asked, size = scale.judged
    database = _book(labels["database"][:size], planes, rng, "database")
    return database, _book(labels["test"][:asked], planes, rng, "test")


def _book(
    labels: NDArray[np.uint8], planes: NDArray[np.float32], rng: np.random.Generator, split: str
) -> Codebook:
    noise = rng.normal(scale=NOISE, size=(len(labels), planes.shape[1]))
    codes = bit_codes.pack(bit_codes.threshold((labels @ planes + noise).astype(np.float32)))
    keys = np.char.add(f"{split}/", np.arange(len(labels)).astype(str)).astype("S")
    return Codebook(codes, planes.shape[1], keys, labels=labels)


def _ways(
    database: Codebook, queries: Codebook, subset: int, stable: bool
) -> dict[str, Callable[[int], NDArray[np.float64]]]:
    """Give the peers, as functions of the cut that return each query's AP."""
    rows = slice(0, subset)
    floats = by_hand.floats(database, queries, rows, stable)
    packed = by_hand.packed(database, queries, rows)
    return {"research code": floats, "packed NumPy": packed}


def _compare(database: Codebook, queries: Codebook, subset: int) -> None:
    """Compare the peers' values with ours, query by query."""
    few = Codebook(
        queries.codes[:subset],
        queries.bits,
        queries.keys[:subset],
        labels=_labels(queries)[:subset],
    )
    cut = _cut(database)
    found = evaluate(database, few, ks=(cut, "all"), ties="database")
    for name, way in _ways(database, queries, subset, stable=True).items():
        for k, depth in (("all", len(database)), (cut, cut)):
            ours = found.per_query[f"map@{k}/hits"]
            check(np.allclose(ours, way(depth), atol=1e-6, rtol=0), f"AP@{k} of aehash and {name}")


def _cut(database: Codebook) -> int:
    return min(K, len(database) // 4)


def _labels(book: Codebook) -> NDArray[Any]:
    if book.labels is None:
        raise data.MissingError("The codes have no labels.")
    return book.labels


def _measure(
    database: Codebook, queries: Codebook, subset: int, threads: int, scale: Scale
) -> list[dict[str, Any]]:
    """Time our one evaluation against each peer at each cut."""
    from threadpoolctl import threadpool_limits

    cut = _cut(database)
    share = subset / len(queries)
    others = []
    for name, way in _ways(database, queries, subset, stable=False).items():
        for k, depth in ((cut, cut), ("all", len(database))):
            rival = name.startswith("research")
            others.append(Way(f"{name}, AP@{k}", lambda w=way, d=depth: w(d), share, rival))  # type: ignore[misc]
    ours = Way(OURS, lambda: evaluate(database, queries, ks=(cut, "all"), threads=threads))
    with threadpool_limits(threads):
        times = contest(ours, others, scale.box)
    about = {"bits": database.bits, "items": len(database), "queries": len(queries)}
    about |= {"threads": threads, "timed": subset}
    whole = len(queries) == 5000
    return [_row(about, times, way.name, whole) for way in others]


def _row(
    about: dict[str, Any], times: dict[str, list[float]], peer: str, whole: bool
) -> dict[str, Any]:
    target = _FLOAT if peer.startswith("research") else _PACKED
    both = {OURS: times[OURS], peer: times[peer]}
    return judged({**about, "peer": peer}, both, [peer], target if whole else None)
