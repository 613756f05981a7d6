"""The picture of an evaluation: some queries of each class, and what is nearest to them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aehash import plots
from aehash.codebook import Codebook
from aehash.index.hamming import HammingIndex
from aehash.metrics.features import FeatureSearch
from aehash.metrics.protocol import Protocol
from aehash.metrics.relevance import LabelSets, relevant
from aehash.workflow.books import Pictures
from aehash.workflow.labels import label_name

_QUERIES = 6
_CLASSES = 8
"""Classes that each have a query in the picture, at most."""


def draw_retrieval(
    path: Path, protocol: Protocol, database: Codebook, queries: Codebook, place: Path, hits: int
) -> bool:
    """Draw some queries, each with its nearest images, right ones framed green, others red.

    Args:
        path: The PNG to write.
        protocol: How distances are measured and what is relevant.
        database: What is searched.
        queries: What is asked.
        place: The queries' folder.
        hits: Images beside each query.

    Returns:
        Whether it was drawn: not where the images are not at hand.
    """
    asked, found = Pictures(queries, place), Pictures(database, place)
    rows = drawn_queries(queries)
    if asked.image(queries.key(int(rows[0]))) is None:
        return False
    labels = LabelSets.from_labels(database.labels)
    wanted = LabelSets.from_labels(queries.labels)
    same = queries.source is not None and queries.source == database.source
    lines = []
    near = _nearest(protocol, database, queries, rows, hits + 1)
    for row, nearest in zip(map(int, rows), near, strict=True):
        key = queries.key(row)
        shown = [hit for hit in map(int, nearest) if hit >= 0]
        shown = [hit for hit in shown if not (same and database.key(hit) == key)][:hits]
        right = relevant(wanted[row : row + 1], labels, protocol.relevance)[0]
        line = [plots.Tile(asked.image(key), f"query\n{label_name(queries, row)}")]
        for hit in shown:
            name = label_name(database, hit)
            line.append(plots.Tile(found.image(database.key(hit)), name, bool(right[hit])))
        lines.append(line)
    plots.montage(path, lines)
    return True


def drawn_queries(queries: Codebook) -> NDArray[np.int64]:
    """Choose queries to draw, spread over the classes.

    Args:
        queries: Not empty.

    Returns:
        Rows, class by class: 6 queries, or one of each class where there are 7 or 8, or of 6
        classes where there are more. Queries with several labels or none are spread over the
        rows.
    """
    count = min(_QUERIES, len(queries))
    labels = np.full(1, -1) if queries.labels is None else np.asarray(queries.labels)
    classes = np.unique(labels[labels >= 0])
    if labels.ndim > 1 or not len(classes):
        return np.linspace(0, len(queries) - 1, count).astype(np.int64)
    if len(classes) > _CLASSES:
        classes = classes[np.linspace(0, len(classes) - 1, count).astype(np.int64)]
    count = max(count, len(classes))
    chosen = []
    for place, label in enumerate(classes):
        rows = np.flatnonzero(labels == label)
        share = min(len(rows), count // len(classes) + (place < count % len(classes)))
        chosen.append(rows[np.linspace(0, len(rows), share + 2)[1:-1].astype(np.int64)])
    return np.concatenate(chosen).astype(np.int64)


def _nearest(
    protocol: Protocol, database: Codebook, queries: Codebook, rows: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Find the nearest items of some queries, one more than is drawn, since one may be itself."""
    if protocol.metric != "hamming" and database.features is not None:
        features = FeatureSearch.of(database.features, protocol.metric)
        asked = features.asked(np.asarray(queries.features)[rows])
        return features.index.search(asked, count).indices
    codes = HammingIndex.from_codes(database.codes, database.bits)
    return codes.search(queries.codes[rows], count).indices
