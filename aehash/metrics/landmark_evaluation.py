"""Judge codebooks by the Oxford and Paris protocols: names to rows, ranking, scores by setting."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics.landmark_conventions import LandmarkConventions
from aehash.metrics.landmark_files import GroundTruth, image_name
from aehash.metrics.landmark_ranking import Ranker
from aehash.metrics.landmark_results import LandmarkEvaluation, SettingScores
from aehash.metrics.landmarks import (
    JUNK,
    KS,
    RELEVANT,
    SETTINGS,
    chance_scores,
    score_rankings,
    settings_of,
)
from aehash.metrics.pairs import check_pair
from aehash.metrics.protocol import Metric, Protocol

_CELLS = 1 << 22
"""Images ranked at once, unless one query has more."""


def evaluate_landmarks(
    truth: GroundTruth,
    database: Codebook,
    queries: Codebook,
    conventions: LandmarkConventions | None = None,
    *,
    ks: Sequence[int] = KS,
    threads: int | None = None,
) -> LandmarkEvaluation:
    """Rank a database for the queries of a ground truth, and judge the rankings.

    In the revisited protocol the query images are no part of the database: where it holds them,
    they are left out. In the older one they are, and count as relevant.

    Args:
        truth: The ground truth.
        database: Its keys are image names, in any folder, with or without ``.jpg``.
        queries: The same, of the query images' boxes; other rows are not asked.
        conventions: How to rank; by default by inner product.
        ks: Cuts of the mean precision.
        threads: How many rank; by default one for each core.

    Returns:
        The scores by setting.

    Raises:
        UsageError: A name of the ground truth has no image, an image is there twice, the
            codebooks do not belong together, or features are missing.
    """
    how = conventions or LandmarkConventions()
    metric: Metric = "hamming" if how.metric == "hamming" else "euclidean"
    check_pair(database, queries, Protocol(metric=metric))
    rows, asked = _rows(database, "database"), _rows(queries, "queries")
    names = tuple(each.image for each in truth.queries)
    _check_there(names, asked, "queries")
    _check_there(truth.named, rows, "database")
    dropped = {*names} - {*truth.named} if truth.revisited else set()
    kept = {name: row for name, row in rows.items() if name not in dropped}
    order = np.array(sorted(kept.values()), np.int64)
    ranker = Ranker(database, queries, how, order, threads)
    places = {name: int(np.searchsorted(order, row)) for name, row in kept.items()}
    found = _score(truth, ranker, np.array([asked[name] for name in names]), places, ks)
    extra = None if truth.images is None else len(order) - len(set(truth.images))
    return LandmarkEvaluation(
        how, found, names, len(order), extra, len(rows) - len(kept), ranker.notes()
    )


def _rows(book: Codebook, what: str) -> dict[str, int]:
    """Number a codebook's rows by the names of their images."""
    rows: dict[str, int] = {}
    for row in range(len(book)):
        name = image_name(book.key(row))
        if name in rows:
            raise UsageError(
                f"The {what} hold the image {name} twice, as {book.key(rows[name])} and "
                f"{book.key(row)}: the ground truth knows images by name, so leave one out."
            )
        rows[name] = row
    return rows


def _check_there(names: Sequence[str], rows: Mapping[str, int], what: str) -> None:
    missing = [name for name in names if name not in rows]
    if missing:
        remedy = f"extract {'all of them' if what == 'queries' else 'the whole folder of images'}"
        raise UsageError(
            f"{len(missing):,} of {len(names):,} images that the ground truth names are not among "
            f"the {what}, the first of them {missing[0]}: {remedy}, so that each key is an "
            "image's name."
        )


def _score(
    truth: GroundTruth,
    ranker: Ranker,
    asked: NDArray[np.int64],
    places: Mapping[str, int],
    ks: Sequence[int],
) -> tuple[SettingScores, ...]:
    settings = settings_of(truth)
    count, size = len(asked), len(ranker.order)
    blocks: dict[str, list[Mapping[str, NDArray[np.float64]]]] = {name: [] for name in settings}
    step = max(1, _CELLS // size)
    for start in range(0, count, step):
        part = slice(start, start + step)
        ranked, distances = ranker.ranked(asked[part])
        for name in settings:
            marks = _marks(truth, part, name, places, size)
            sizes = (marks == RELEVANT).sum(axis=1)
            marks = np.take_along_axis(marks, ranked, axis=1)
            blocks[name].append(score_rankings(marks, distances, sizes, ks))
    return tuple(_setting(truth, name, blocks[name], size, ks) for name in settings)


def _marks(
    truth: GroundTruth, part: slice, setting: str, places: Mapping[str, int], size: int
) -> NDArray[np.int8]:
    """Mark the database, ``(q, n)``, in its own order."""
    chosen = truth.queries[part]
    marks = np.zeros((len(chosen), size), np.int8)
    for kinds, mark in zip(SETTINGS[setting], (RELEVANT, JUNK), strict=True):
        for row, query in zip(marks, chosen, strict=True):
            row[[places[name] for kind in kinds for name in query.lists[kind]]] = mark
    return marks


def _setting(
    truth: GroundTruth,
    name: str,
    blocks: Sequence[Mapping[str, NDArray[np.float64]]],
    size: int,
    ks: Sequence[int],
) -> SettingScores:
    relevant, junk = (
        np.array([sum(len(each.lists[kind]) for kind in kinds) for each in truth.queries])
        for kinds in SETTINGS[name]
    )
    chance = [
        chance_scores(size - out, good, ks)
        for good, out in zip(relevant.tolist(), junk.tolist(), strict=True)
    ]
    return SettingScores(
        name=name,
        per_query={each: np.concatenate([block[each] for block in blocks]) for each in blocks[0]},
        per_chance={each: np.array([one[each] for one in chance]) for each in chance[0]},
        relevant=relevant,
        junk=junk,
    )
