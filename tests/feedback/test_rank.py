"""Rankings are scikit-learn's, row by row; marks are pinned; draws follow the seed."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.metrics import pairwise_distances
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from aehash.errors import AehashError, UsageError
from aehash.feedback import METHODS, Marks, Rocchio, Svm, Table, method_of, name_of, rank
from aehash.feedback.method import Asked
from aehash.feedback.svm import presumed_rows
from aehash.index import EuclideanIndex


@st.composite
def worlds(draw, most=60):
    """A database with repeated rows, a query, marks, and perhaps the query's own row."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, d = draw(st.integers(2, most)), draw(st.integers(1, 12))
    rows = rng.normal(size=(n, d)) * draw(st.sampled_from([1e-3, 1, 1e3])) + draw(
        st.sampled_from([0, 5])
    )
    if draw(st.booleans()):
        rows = np.round(rows)
    rows = rows[rng.integers(0, n, n)] if draw(st.booleans()) else rows
    own = draw(st.one_of(st.none(), st.integers(0, n - 1)))
    free = [row for row in rng.permutation(n) if row != own]
    good, bad = draw(st.integers(0, len(free))), draw(st.integers(0, len(free)))
    marks = Marks().added(free[:good], free[good : good + bad], n, own)
    query = rows[0] if own is None else rows[own]
    return SimpleNamespace(
        rows=rows.astype(np.float32), query=query.astype(np.float32), marks=marks, own=own
    )


METHOD = st.sampled_from([*METHODS.values(), Svm(presumed=0), Svm("rbf", normalise=False)])


@settings(max_examples=80)
@given(world=worlds(), method=METHOD, seed=st.integers(0, 5))
def test_marks_are_pinned_and_every_row_stands_once(world, method, seed):
    table = Table.of_features(world.rows)
    found = rank(table, world.query, world.marks, method, seed, own=world.own)
    everything = set(range(len(table))) - ({world.own} if world.own is not None else set())
    assert len(found) == len(everything)
    assert set(found.rows.tolist()) == everything
    good, bad = len(world.marks.relevant), len(world.marks.irrelevant)
    if method.pins:
        assert set(found.rows[:good].tolist()) == set(world.marks.relevant.tolist())
        assert set(found.rows[len(found) - bad :].tolist()) == set(world.marks.irrelevant.tolist())
        parts = np.split(np.arange(len(found)), [good, len(found) - bad])
    else:
        parts = [np.arange(len(found))]
    for part in parts:
        scores, rows = found.scores[part], found.rows[part]
        assert (np.diff(scores) <= 0).all()
        tied = np.diff(scores) == 0
        assert (np.diff(rows)[tied] > 0).all()


@settings(max_examples=40)
@given(world=worlds(), method=METHOD, seed=st.integers(0, 5))
def test_the_same_seed_gives_the_same_ranking_on_any_number_of_threads(world, method, seed):
    table = Table.of_features(world.rows)
    one, again = (
        rank(table, world.query, world.marks, method, seed, own=world.own, threads=threads)
        for threads in (1, None)
    )
    assert one.rows.tolist() == again.rows.tolist()
    assert one.scores.tolist() == again.scores.tolist()


def reference(world, method, seed):
    """Fit scikit-learn's own pipeline, and score row by row."""
    table = Table.of_features(world.rows)
    asked = Asked(table, world.query.astype(np.float64), world.marks, seed, world.own)
    drawn = presumed_rows(asked, method.presumed)
    rows = world.rows.astype(np.float64)
    good = np.vstack([world.query[None].astype(np.float64), rows[world.marks.relevant]])
    bad = rows[np.concatenate([world.marks.irrelevant, drawn])]
    svc = clone(method.machine(table))
    whole = make_pipeline(Normalizer(), svc) if method.normalise else svc
    whole.fit(np.vstack([good, bad]), [1] * len(good) + [0] * len(bad))
    return np.array([whole.decision_function(row[None])[0] for row in rows])


@settings(max_examples=40)
@given(world=worlds(), normalise=st.booleans())
def test_the_machine_is_scaled_to_the_features(world, normalise):
    rows = world.rows.astype(np.float64)
    scaled = Normalizer().transform(rows) if normalise else rows
    variance = scaled.var(axis=0).sum()
    svc = Svm("rbf", penalty=2.0, gamma=3.0, normalise=normalise).machine(
        Table.of_features(world.rows)
    )
    if variance > 1e-9 * np.square(scaled).sum(axis=1).max():
        assert np.isclose(svc.C * variance, 2.0, rtol=1e-5)
        assert np.isclose(svc.gamma * variance, 3.0, rtol=1e-5)
    assert np.isfinite(svc.C) and svc.class_weight == "balanced"


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("normalise", [True, False])
def test_scores_are_those_of_scikit_learn_row_by_row(kernel, normalise):
    rng = np.random.default_rng(3)
    rows = (rng.normal(size=(1200, 24)) + rng.normal(size=24)).astype(np.float32)
    rows[1000:1200] = rows[:200]
    marks = Marks().added(range(5, 25), range(40, 60), len(rows))
    world = SimpleNamespace(rows=rows, query=rows[0] + 1, marks=marks, own=None)
    method = Svm(kernel, normalise=normalise)
    found = rank(Table.of_features(rows), world.query, marks, method, 7)
    scores = reference(world, method, 7)
    middle = found.rows[20:-20]
    assert np.allclose(found.scores, scores[found.rows], rtol=1e-9, atol=1e-9)
    free = np.setdiff1d(np.arange(len(rows)), marks.rows)
    assert middle.tolist() == free[np.argsort(-scores[free], kind="stable")].tolist()


@settings(max_examples=40)
@given(world=worlds(40), kernel=st.sampled_from(["linear", "rbf"]), normalise=st.booleans())
def test_scores_are_scikit_learns_on_small_and_repeated_rows(world, kernel, normalise):
    method = Svm(kernel, presumed=4, normalise=normalise)
    table = Table.of_features(world.rows)
    asked = Asked(table, world.query.astype(np.float64), world.marks, 1, world.own)
    if not len(world.marks.irrelevant) and not len(presumed_rows(asked, 4)):
        return
    found = rank(table, world.query, world.marks, method, 1, own=world.own)
    scores = reference(world, method, 1)
    largest = np.abs(scores).max() + 1
    assert np.allclose(found.scores, scores[found.rows], rtol=1e-6, atol=1e-6 * largest)


def test_close_calls_are_settled_by_scikit_learn():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(1, 16)).astype(np.float32)
    rows = np.repeat(base, 400, axis=0)
    rows[:, 0] = np.nextafter(rows[:, 0], np.float32(9))
    rows[200:, 1] = np.nextafter(rows[200:, 1], np.float32(9))
    rows = np.vstack([rows[rng.permutation(400)], rng.normal(size=(100, 16))]).astype(np.float32)
    marks = Marks().added([401, 402], [403], len(rows))
    world = SimpleNamespace(rows=rows, query=rows[400], marks=marks, own=None)
    method = Svm(normalise=False)
    found = rank(Table.of_features(rows), world.query, marks, method)
    scores = reference(world, method, 0)
    free = np.setdiff1d(np.arange(len(rows)), marks.rows)
    assert found.rows[2:-1].tolist() == free[np.argsort(-scores[free], kind="stable")].tolist()


@settings(max_examples=30)
@given(world=worlds())
def test_the_first_ranking_is_that_of_an_exact_search(world):
    found = rank(Table.of_features(world.rows), world.query, Marks(), METHODS["none"])
    full = EuclideanIndex.from_features(world.rows).full(world.query[None])
    assert found.rows.tolist() == full.indices[0].tolist()
    assert np.allclose(-found.scores, full.distances[0])


@settings(max_examples=30)
@given(world=worlds(), exact=st.booleans())
def test_nearest_positive_and_rocchio_have_plain_twins(world, exact):
    table = Table.of_features(world.rows)
    rows, query = world.rows.astype(np.float64), world.query.astype(np.float64)
    good, bad = rows[world.marks.relevant], rows[world.marks.irrelevant]
    found = rank(table, world.query, world.marks, METHODS["nearest_positive"])
    near = np.sqrt(((rows[:, None] - np.vstack([query[None], good])) ** 2).sum(axis=2)).min(axis=1)
    tolerance = 1e-6 * (1 + np.abs(rows).max())
    assert np.allclose(-found.scores, near[found.rows], atol=tolerance)
    point, weight = query.copy(), 1.0
    if len(good):
        point, weight = point + 0.75 * good.mean(axis=0), weight + 0.75
    if len(bad):
        point, weight = point - 0.15 * bad.mean(axis=0), weight - 0.15
    found = rank(table, world.query, world.marks, Rocchio())
    distances = pairwise_distances((point / weight)[None], rows)[0]
    assert np.allclose(-found.scores, distances[found.rows], atol=tolerance)


@settings(max_examples=30)
@given(seed=st.integers(0, 99), bits=st.integers(1, 40), n=st.integers(1, 80))
def test_codes_are_first_ranked_by_hamming_distance(seed, bits, n):
    rng = np.random.default_rng(seed)
    packed = np.packbits(rng.integers(0, 2, (n, bits)).astype(bool), axis=1)
    table = Table.of_codes(packed, bits)
    query = table.code(packed[0])
    found = rank(table, query, Marks(), METHODS["none"])
    differing = np.unpackbits(packed ^ packed[0], axis=1).sum(axis=1)
    assert found.rows.tolist() == np.argsort(differing, kind="stable").tolist()
    assert np.allclose(found.scores**2, 4 * differing[found.rows])
    marks = Marks().added(range(0, n, 3), range(1, n, 3), n)
    for method in METHODS.values():
        as_features = rank(
            Table.of_features(table.take(slice(None)).astype("f4")), query, marks, method
        )
        as_codes = rank(table, query, marks, method)
        assert as_codes.rows.tolist() == as_features.rows.tolist()


@settings(max_examples=40)
@given(world=worlds(), seed=st.integers(0, 9), count=st.integers(0, 70))
def test_presumed_rows_stay_the_same_but_for_those_that_get_marked(world, seed, count):
    table = Table.of_features(world.rows)
    before = presumed_rows(Asked(table, world.query, Marks(), seed, world.own), count)
    after = presumed_rows(Asked(table, world.query, world.marks, seed, world.own), count)
    taken = {*world.marks.rows.tolist(), *([world.own] if world.own is not None else [])}
    assert not taken & set(after.tolist())
    assert len(after) == min(count, len(table) - len(taken))
    assert set(before.tolist()) - taken <= set(after.tolist())


def test_one_sided_marks_leave_two_classes_and_none_at_all_leave_distances():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(40, 3)).astype(np.float32)
    table = Table.of_features(rows)
    for marks in (Marks().added([3], [], 40), Marks().added([], [3], 40)):
        assert rank(table, rows[0], marks, Svm()).scores.std() > 0
    everything = Marks().added(range(40), [], 40)
    found = rank(table, rows[0], everything, Svm())
    assert np.allclose(-found.scores, np.sort(np.linalg.norm(rows - rows[0], axis=1)), atol=1e-6)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: method_of("smv"), "no feedback method 'smv'. Did you mean 'svm'"),
        (lambda: method_of("svm", {"c": 1}), "svm has no option 'c'"),
        (lambda: method_of("svm", {"kernel": "rbf"}), "ask for that"),
        (lambda: Svm("poly"), "no kernel 'poly'"),
        (lambda: Svm(penalty=0), "penalty must be a number above 0"),
        (lambda: Svm(gamma=float("nan")), "gamma must be a number above 0"),
        (lambda: Svm(presumed=-1), "presumed must be 0 or more"),
        (lambda: Svm(normalise=1), "normalise must be true or false"),
        (lambda: Rocchio(beta=-1), "beta must be a number from 0"),
        (lambda: Rocchio(alpha=0.1), "alpha must be above gamma"),
        (lambda: Table.of_features(np.zeros((3, 2))), "takes float32 features"),
        (lambda: Table.of_features(np.zeros((0, 2), "f4")), "at least one row"),
        (lambda: Table.of_codes(np.zeros((0, 1), "u1"), 8), "the database is empty"),
    ],
)
def test_bad_options_are_refused_in_a_sentence(make, sentence):
    with pytest.raises(UsageError, match=sentence):
        make()


def test_methods_have_names():
    for name, method in METHODS.items():
        assert name_of(method) == name
        assert method_of(name) == method


@pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))
def test_features_that_are_not_finite_are_refused(method):
    rows = np.ones((9, 2), np.float32)
    rows[7, 1] = np.nan
    with pytest.raises(AehashError, match="row 7 hold NaN"):
        rank(Table.of_features(rows), rows[0], Marks(), method)
