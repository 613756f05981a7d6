"""Descriptors judged on unseen classes: plain, whitened in several ways, and as codes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash.experiments.gem2023_classes import Sides, rows_of
from aehash.experiments.gem2023_sizes import POWER, SHRINKAGE
from aehash.siamese.matches import drawn_matches

if TYPE_CHECKING:
    from aehash.codebook import Codebook
    from aehash.metrics.protocol import Metric
    from aehash.whitening import Whitening

MAP = "map@all/relevant"
#: Ways to whiten, by the name of a table's column.
PLAIN, CENTRED, PCA, FORMULA, LEARNED = "plain", "centred", "pca", "formula", "learned"
WHITENINGS = (PLAIN, CENTRED, PCA, FORMULA, LEARNED)
#: Ways to make codes.
CODES = ("pca_sign", "learned_sign", "itq", "learned_itq")
_MATCHES = 3

Floats = NDArray[np.floating[Any]]


def judge(
    book: "Codebook", sides: Sides, seed: int, bits: tuple[int, ...]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Judge a codebook's descriptors; what is learned is learned on the classes seen.

    Each image of the unseen classes asks all the others of them.

    Args:
        book: Of all images, with features and one class each.
        sides: The classes.
        seed: Of the pairs and of ITQ's first rotation.
        bits: Of the codes; none where they are not to be judged.

    Yields:
        A name such as ``learned`` or ``itq-64``, and ``(q,)`` the average precision of each query,
        over the whole list and divided by R.
    """
    labels, features = np.asarray(book.labels), np.asarray(book.features)
    seen, unseen = rows_of(labels, sides.seen), rows_of(labels, sides.unseen)
    stages = dict(_whitenings(features[seen], labels[seen], seed))
    for name in WHITENINGS:
        values = features[unseen]
        yield name, _ap(book, unseen, values if name == PLAIN else stages[name].apply(values))
    for count in bits:
        for name, codes in _codes(features[seen], features[unseen], stages, count, seed):
            yield f"{name}-{count}", _ap(book, unseen, codes=codes, bits=count)


def whitened(book: "Codebook", sides: Sides, seed: int, way: str) -> NDArray[np.float32]:
    """Give all images' descriptors, whitened as they are judged.

    Args:
        book: Of all images.
        sides: The classes.
        seed: Of the pairs.
        way: One of :data:`WHITENINGS`.

    Returns:
        ``(n, d)`` of length 1.
    """
    labels, features = np.asarray(book.labels), np.asarray(book.features, np.float32)
    if way == PLAIN:
        return features
    seen = rows_of(labels, sides.seen)
    return dict(_whitenings(features[seen], labels[seen], seed))[way].apply(features)


def _whitenings(
    features: Floats, labels: NDArray[np.int64], seed: int
) -> Iterator[tuple[str, "Whitening"]]:
    from aehash.whitening import learn_whitening, pca_whitening

    yield CENTRED, pca_whitening(features, power=0.0)
    yield PCA, pca_whitening(features, power=POWER)
    rows = np.tile(np.arange(len(features)), _MATCHES)
    pairs = np.column_stack([rows, drawn_matches(rows, labels, rows[: len(features)], seed)])
    yield FORMULA, learn_whitening(features, pairs)
    yield LEARNED, learn_whitening(features, pairs, shrinkage=SHRINKAGE)


def _codes(
    seen: Floats, unseen: Floats, stages: dict[str, "Whitening"], bits: int, seed: int
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    from aehash.bits import pack
    from aehash.hashing import fit_binariser

    learned = stages[LEARNED]
    yield "pca_sign", pack(stages[CENTRED].apply(unseen, bits) > 0)
    yield "learned_sign", pack(learned.apply(unseen, bits) > 0)
    yield "itq", fit_binariser(seen, "itq", bits, seed=seed).packed(unseen)
    turned = fit_binariser(learned.apply(seen), "itq", bits, seed=seed)
    yield "learned_itq", turned.packed(learned.apply(unseen))


def _ap(
    book: "Codebook",
    rows: NDArray[np.int64],
    features: Floats | None = None,
    codes: NDArray[np.uint8] | None = None,
    bits: int | None = None,
) -> NDArray[np.float64]:
    from aehash.codebook import Codebook
    from aehash.metrics.evaluation import evaluate

    asked = Codebook.from_arrays(
        codes,
        features=features,
        bits=bits,
        labels=np.asarray(book.labels)[rows],
        keys=[book.key(int(row)) for row in rows],
        classes=book.classes,
        source=book.source,
        split="test",
    )
    metric: Metric = "euclidean" if codes is None else "hamming"
    found = evaluate(asked, asked, metric=metric, per="relevant", ks=("all",), exclude_self=True)
    return found.per_query[MAP]
