"""Codebooks judged by a ground truth, against a slow reading by names."""

import numpy as np
import pytest

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics.landmark_conventions import LandmarkConventions
from aehash.metrics.landmark_evaluation import evaluate_landmarks
from aehash.metrics.landmark_files import GroundTruth, LandmarkQuery
from aehash.metrics.landmarks import SETTINGS

BOX = (0.0, 0.0, 9.0, 9.0)
IMAGES = tuple(f"hall_{number:06d}" for number in range(60))


def truth_of(kinds, asked, seed=0):
    """Draw a ground truth: each image is of one kind, or of none, to each query."""
    rng = np.random.default_rng(seed)
    queries = []
    for image in asked:
        drawn = rng.integers(0, len(kinds) + 2, len(IMAGES))
        lists = {
            kind: tuple(name for name, of in zip(IMAGES, drawn, strict=True) if of == number)
            for number, kind in enumerate(kinds)
        }
        queries.append(LandmarkQuery(image, BOX, lists))
    return GroundTruth(tuple(queries), IMAGES)


CLASSIC = truth_of(("relevant", "junk"), IMAGES[:4])
REVISITED = truth_of(("easy", "hard", "junk"), ("q_1", "q_2", "q_3"))


def book(names, seed=1, width=16):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((len(names), width)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    keys = [f"some/folder/{name}.jpg" for name in names]
    return Codebook.from_arrays(features=features, keys=keys)


def slow(truth, database, queries, setting, ks):
    """Rank by names, take junk out, and walk the list."""
    names = [database.key(row).split("/")[-1][:-4] for row in range(len(database))]
    asked = [queries.key(row).split("/")[-1][:-4] for row in range(len(queries))]
    rows = []
    for query in truth.queries:
        values = database.features.astype(float) @ queries.features[asked.index(query.image)]
        ranked = [names[row] for row in np.argsort(-values, kind="stable")]
        good, out = (
            {name for kind in kinds for name in query.lists[kind]} for kinds in SETTINGS[setting]
        )
        ranked = [name for name in ranked if name not in out]
        places = [place for place, name in enumerate(ranked, 1) if name in good]
        area, recall, precision = 0.0, 0.0, 1.0
        for place in range(1, len(ranked) + 1):
            hits = sum(each <= place for each in places)
            area += (hits / len(good) - recall) * (precision + hits / place) / 2
            recall, precision = hits / len(good), hits / place
        cuts = [min(k, max(places)) for k in ks]
        rows.append([area, *(sum(place <= cut for place in places) / cut for cut in cuts)])
    return np.array(rows)


@pytest.mark.parametrize("truth", [CLASSIC, REVISITED], ids=["classic", "revisited"])
def test_every_number_is_the_slow_ones(truth):
    database, queries = book(IMAGES), book([each.image for each in truth.queries], 2)
    found = evaluate_landmarks(truth, database, queries, threads=1)
    names = [each.name for each in found.settings]
    assert names == (["easy", "medium", "hard"] if truth.revisited else ["good+ok"])
    for each in found.settings:
        expected = slow(truth, database, queries, each.name, (1, 5, 10))
        table = np.stack(list(each.per_query.values()), axis=1)
        np.testing.assert_allclose(table, expected, atol=1e-9)
        assert list(each.metrics.values()) == pytest.approx(expected.mean(axis=0))
        low, high = each.ci95["map/trapezoid"]
        assert low <= each.metrics["map/trapezoid"] <= high
    assert (found.extra, found.removed, found.notes) == (0, 0, [])


def test_features_of_length_one_rank_alike_by_both_metrics():
    database, queries = book(IMAGES), book(IMAGES[:4], 2)
    one, other = (
        evaluate_landmarks(CLASSIC, database, queries, LandmarkConventions(metric)).settings[0]
        for metric in ("inner_product", "euclidean")
    )
    assert one.metrics == other.metrics


def test_constant_codes_are_at_chance_and_database_order_is_not_hidden():
    codes = np.zeros((60, 8), bool)
    database = Codebook.from_arrays(codes, keys=IMAGES)
    queries = Codebook.from_arrays(codes[:4], keys=IMAGES[:4])
    (found,) = evaluate_landmarks(
        CLASSIC, database, queries, LandmarkConventions("hamming")
    ).settings
    assert found.metrics == pytest.approx(found.chance, abs=1e-12)
    (ordered,) = evaluate_landmarks(
        CLASSIC, database, queries, LandmarkConventions("hamming", "database")
    ).settings
    assert ordered.chance == found.chance
    assert ordered.metrics != pytest.approx(found.metrics)


def test_query_images_in_a_revisited_database_and_distractors():
    names = [each.image for each in REVISITED.queries]
    queries, plain = book(names, 2), book(IMAGES)
    held = book([*names, *IMAGES, "far_1", "far_2"])
    with np.errstate(all="raise"):
        found = evaluate_landmarks(REVISITED, held, queries)
    assert (found.n_database, found.extra, found.removed) == (62, 2, 3)
    rows = [row for row in range(len(held)) if not held.key(row).split("/")[-1].startswith("q_")]
    keys = [held.key(row) for row in rows]
    same = Codebook.from_arrays(features=held.features[rows], keys=keys)
    other = evaluate_landmarks(REVISITED, same, queries)
    assert [each.metrics for each in other.settings] == [each.metrics for each in found.settings]
    assert evaluate_landmarks(REVISITED, plain, queries).n_database == 60


def test_queries_with_nothing_relevant_are_left_out():
    first, *rest = REVISITED.queries
    bare = LandmarkQuery(first.image, BOX, {**first.lists, "easy": ()})
    truth = GroundTruth((bare, *rest), IMAGES)
    database, queries = book(IMAGES), book([each.image for each in truth.queries], 2)
    easy, medium, _ = evaluate_landmarks(truth, database, queries).settings
    assert (easy.counted, medium.counted) == (2, 3)
    assert np.isnan(easy.per_query["map/trapezoid"][0])
    assert easy.metrics["map/trapezoid"] == pytest.approx(
        easy.per_query["map/trapezoid"][1:].mean()
    )


def test_a_setting_without_any_query_has_no_mean():
    lists = {"easy": (), "hard": IMAGES[:3], "junk": ()}
    truth = GroundTruth((LandmarkQuery("q_1", BOX, lists),), IMAGES)
    easy, *_ = evaluate_landmarks(truth, book(IMAGES), book(["q_1"])).settings
    assert (easy.metrics, easy.chance, easy.ci95) == ({}, {}, {})


@pytest.mark.parametrize(
    ("database", "queries", "sentence"),
    [
        (
            IMAGES[2:],
            IMAGES,
            "2 of 60 images that the ground truth names are not among the databas",
        ),
        (
            IMAGES,
            IMAGES[1:],
            "1 of 4 images that the ground truth names are not among the queries,",
        ),
        ([*IMAGES, "../hall_000003"], IMAGES, "database hold the image hall_000003 twice"),
    ],
)
def test_names_that_do_not_fit(database, queries, sentence):
    with pytest.raises(UsageError) as caught:
        evaluate_landmarks(CLASSIC, book(database), book(queries))
    assert sentence in str(caught.value)
    assert "hall_00000" in str(caught.value)


def test_books_that_do_not_fit():
    codes = Codebook.from_arrays(np.zeros((60, 16), bool), keys=IMAGES)
    with pytest.raises(UsageError, match="has none"):
        evaluate_landmarks(CLASSIC, codes, book(IMAGES))
    with pytest.raises(UsageError, match="bits"):
        evaluate_landmarks(CLASSIC, book(IMAGES), book(IMAGES, width=8))
    with pytest.raises(UsageError, match="no metric 'cosine' of this protocol"):
        LandmarkConventions("cosine")


def test_long_features_are_noted():
    database = book(IMAGES)
    long = Codebook.from_arrays(features=3 * database.features, keys=IMAGES)
    (note,) = evaluate_landmarks(CLASSIC, long, book(IMAGES)).notes
    assert "not of length 1 (from 3 to 3)" in note


def summed(rows, asked, count, alpha, own=None):
    """Add to one descriptor its nearest rows, weighted by similarity^α."""
    similar = rows @ asked
    nearest = [row for row in np.argsort(-similar, kind="stable") if row != own][: count - 1]
    weights = np.maximum(similar[nearest], 0) ** alpha
    total = asked + (weights[:, None] * rows[nearest]).sum(axis=0)
    return total / np.linalg.norm(total)


@pytest.mark.parametrize("truth", [CLASSIC, REVISITED], ids=["classic", "revisited"])
@pytest.mark.parametrize(("expand", "augment"), [(4, 1), (1, 3), (4, 3)])
@pytest.mark.parametrize("metric", ["inner_product", "euclidean"])
def test_sums_are_the_slow_ones_and_the_database_is_augmented_first(truth, expand, augment, metric):
    asked = [each.image for each in truth.queries]
    held = book([*IMAGES, *asked] if truth.revisited else IMAGES)
    queries = book(asked, 2)
    how = LandmarkConventions(metric, expand=expand, alpha=2.0, augment=augment)
    found = evaluate_landmarks(truth, held, queries, how)
    # images that are left out of a revisited database are no neighbours either
    rows = held.features[: len(IMAGES)].astype(float)
    rows = np.stack([summed(rows, row, augment, 2.0, own) for own, row in enumerate(rows)])
    vectors = np.stack([summed(rows, row.astype(float), expand, 2.0) for row in queries.features])
    slowly = [
        Codebook.from_arrays(
            features=each.astype(np.float32), keys=[f"jpg/{name}.jpg" for name in names]
        )
        for each, names in ((rows, IMAGES), (vectors, asked))
    ]
    for each in found.settings:
        expected = slow(truth, *slowly, each.name, (1, 5, 10))
        table = np.stack(list(each.per_query.values()), axis=1)
        np.testing.assert_allclose(table, expected, atol=1e-9)


def test_what_cannot_be_summed():
    for wrong in (
        {"expand": 0},
        {"augment": True},
        {"expand": 2.5},
        {"alpha": np.nan, "expand": 2},
    ):
        with pytest.raises(UsageError, match="must be a"):
            LandmarkConventions(**wrong)
    with pytest.raises(UsageError, match="codes have none"):
        LandmarkConventions("hamming", expand=2)
    database = book(IMAGES)
    long = Codebook.from_arrays(features=3 * database.features, keys=IMAGES)
    with pytest.raises(UsageError, match="is 3 long and must be 1"):
        evaluate_landmarks(CLASSIC, long, book(IMAGES), LandmarkConventions(augment=2))


def test_the_names_of_sums():
    both = LandmarkConventions(expand=3, augment=2)
    assert both.kind == "expanded and augmented"
    assert both.sums == (
        "2 neighbours to each query and 1 neighbour to each database image, weighted by "
        "similarity^3"
    )
    assert (both.plain(), both.plain().kind) == (LandmarkConventions(), "plain")
