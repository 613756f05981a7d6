import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import fractional_matrix_power
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from aehash import covariance
from aehash.errors import AehashError, UsageError
from aehash.whitening import Whitening, learn_whitening, pca_whitening
from aehash.whitening import pairs as whitening_pairs


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def signs_of(ours, theirs):
    """Turn the other's directions so that they can be compared, column by column."""
    return theirs * np.where((ours * theirs).sum(axis=0) < 0, -1.0, 1.0)


@st.composite
def cases(draw, few=False):
    """Descriptors of things, several of each, off the origin, and pairs of the same thing."""
    d = draw(st.integers(2, 8))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    things = generator.normal(size=(40, d)) * generator.uniform(0.5, 3, d)
    noise = generator.normal(size=(120, d)) @ generator.normal(size=(d, d)) * 0.3
    rows = np.repeat(things, 3, axis=0) + noise + generator.normal(size=d)
    starts = np.arange(0, 120, 3)
    pairs = [starts[:, None] + each for each in ([0, 1], [1, 2], [2, 0])]
    matching = np.concatenate(pairs)
    return rows, (matching[: draw(st.integers(2, 2 * d))] if few else matching)


def by_formula(rows, pairs):
    """The formula as it is printed, with nothing thought of."""
    mean = rows.mean(axis=0)
    apart = rows[pairs[:, 0]] - rows[pairs[:, 1]]
    root = fractional_matrix_power(apart.T @ apart / len(pairs), -0.5).real
    values, vectors = np.linalg.eigh(root @ ((rows - mean).T @ (rows - mean) / len(rows)) @ root)
    return unit((rows - mean) @ (root @ vectors[:, ::-1])), values[::-1]


def published(columns, first, second):
    """The field's published code, after F. Radenović's; descriptors are columns."""
    mean = columns[:, first].mean(axis=1, keepdims=True)
    apart = columns[:, first] - columns[:, second]
    lower = np.linalg.inv(np.linalg.cholesky(apart @ apart.T / apart.shape[1]))
    placed = lower @ (columns - mean)
    values, vectors = np.linalg.eigh(placed @ placed.T)
    turned = vectors[:, values.argsort()[::-1]].T @ lower @ (columns - mean)
    return turned / np.linalg.norm(turned, axis=0, keepdims=True)


@settings(max_examples=40)
@given(cases())
def test_learned_whitening_is_the_formula(case):
    rows, pairs = case
    learned = learn_whitening(rows, pairs, shrinkage=0)
    slow, values = by_formula(rows, pairs)
    np.testing.assert_allclose(learned.values, values, rtol=1e-5)
    np.testing.assert_allclose(learned.apply(rows), signs_of(learned.apply(rows), slow), atol=2e-5)


@settings(max_examples=40)
@given(cases())
def test_from_the_first_of_each_pair_it_is_the_published_code(case):
    rows, pairs = case
    ours = learn_whitening(rows, pairs, shrinkage=0, centre="first").apply(rows)
    theirs = published(rows.T, *pairs.T).T
    np.testing.assert_allclose(ours, signs_of(ours, theirs), atol=2e-5)


@settings(max_examples=20)
@given(cases())
def test_all_pairs_that_do_not_match_give_the_same_as_the_covariance(case):
    rows, pairs = case
    match = np.zeros((120, 120), bool)
    match[pairs.min(axis=1), pairs.max(axis=1)] = True
    others = np.argwhere(np.triu(~match, 1))
    ours = learn_whitening(rows, pairs, shrinkage=0, non_matching=others).apply(rows)
    theirs = learn_whitening(rows, pairs, shrinkage=0).apply(rows)
    np.testing.assert_allclose(ours, signs_of(ours, theirs), atol=2e-4)


@settings(max_examples=40)
@given(cases())
def test_matching_pairs_vary_the_same_along_every_direction(case):
    rows, pairs = case
    learned = learn_whitening(rows, pairs, shrinkage=0)
    placed = (rows - learned.mean) @ learned.projection
    apart = placed[pairs[:, 0]] - placed[pairs[:, 1]]
    np.testing.assert_allclose(apart.T @ apart / len(pairs), np.eye(rows.shape[1]), atol=1e-6)
    assert (np.diff(learned.values) <= 0).all()
    largest = np.abs(learned.projection).argmax(axis=0)
    assert (learned.projection[largest, np.arange(rows.shape[1])] > 0).all()


@settings(max_examples=40)
@given(cases(few=True))
def test_few_pairs_are_shrunk_by_ledoit_and_wolf_and_it_is_said(case):
    rows, pairs = case
    apart = rows[pairs[:, 0]] - rows[pairs[:, 1]]
    learned = learn_whitening(rows, pairs)
    expected = ledoit_wolf_shrinkage(apart, assume_centered=True)
    assert learned.facts["shrinkage"] == pytest.approx(expected, rel=1e-6)
    assert f"shrunk by {expected:.4g}"[:14] in learned.summary
    assert f"{len(pairs)} pairs for {rows.shape[1]} directions" in learned.summary
    assert np.isfinite(learned.projection).all()


@settings(max_examples=40)
@given(cases(), st.sampled_from([0.0, 0.5, 1.0]))
def test_pca_whitening_is_scikit_learns(case, power):
    rows, _ = case
    dimensions = rows.shape[1] - 1
    ours = pca_whitening(rows, dimensions, power=power)
    other = PCA(dimensions, svd_solver="full").fit(rows)
    placed = other.transform(rows) / other.explained_variance_ ** (power / 2)
    np.testing.assert_allclose(ours.values * 120 / 119, other.explained_variance_, rtol=1e-7)
    np.testing.assert_allclose(
        ours.apply(rows), signs_of(ours.apply(rows), unit(placed)), atol=2e-5
    )


def digits():
    features, labels = load_digits(return_X_y=True)
    rows = unit(features).astype(np.float32)
    order = np.argsort(labels, kind="stable")
    pairs = np.stack([order[:-1], order[1:]], axis=1)
    return rows, pairs[labels[order[:-1]] == labels[order[1:]]]


def test_pixels_that_are_always_dark_do_no_harm():
    rows, pairs = digits()
    assert (np.ptp(rows, axis=0) == 0).sum() == 3
    learned = learn_whitening(rows, pairs)
    assert learned.dimensions == 61
    assert np.abs(learned.projection[np.ptp(rows, axis=0) == 0]).max() < 1e-6
    np.testing.assert_allclose(np.linalg.norm(learned.apply(rows), axis=1), 1, atol=1e-6)
    with pytest.raises(UsageError, match="vary along 61 directions only: ask for 61 or fewer"):
        learn_whitening(rows, pairs, 64)


@pytest.mark.parametrize("kind", ["learned", "pca"])
def test_blocks_and_memory_maps_change_nothing(kind, monkeypatch, tmp_path):
    rows, pairs = digits()

    def learn(table):
        made = learn_whitening(table, pairs, 20) if kind == "learned" else pca_whitening(table, 20)
        return made.apply(table)

    whole = learn(rows)
    np.save(tmp_path / "rows.npy", rows)
    monkeypatch.setattr(covariance, "_BLOCK", 7 * 64)
    monkeypatch.setattr(whitening_pairs, "_BLOCK", 5 * 64)
    np.testing.assert_allclose(
        learn(np.load(tmp_path / "rows.npy", mmap_mode="r")), whole, atol=1e-6
    )


def test_fewer_dimensions_are_the_first_ones_scaled_again():
    rows, pairs = digits()
    learned = learn_whitening(rows, pairs, 30)
    short = learn_whitening(rows, pairs, 10)
    np.testing.assert_allclose(learned.apply(rows, 10), short.apply(rows), atol=1e-6)
    for wrong in (0, 31, "x", 2.0, True):
        with pytest.raises(UsageError, match="dimensions must be from 1 to the 30"):
            learned.apply(rows, wrong)


@pytest.mark.training
@pytest.mark.parametrize("kind", ["learned", "pca"])
def test_a_fully_connected_layer_gives_the_same(kind):
    import keras

    rows, pairs = digits()
    made = learn_whitening(rows, pairs, 32) if kind == "learned" else pca_whitening(rows, 32)
    net = keras.Sequential([keras.Input((64,)), keras.layers.Dense(32)])
    net.add(keras.layers.UnitNormalization())
    net.layers[0].set_weights(made.as_dense())
    np.testing.assert_allclose(np.asarray(net(rows)), made.apply(rows), atol=1e-6)


@pytest.mark.parametrize("kind", ["learned", "pca"])
def test_a_saved_whitening_is_the_same(kind, tmp_path):
    rows, pairs = digits()
    made = learn_whitening(rows, pairs, 9) if kind == "learned" else pca_whitening(rows, 9)
    made.save(tmp_path / "stage.npz")
    again = Whitening.load(tmp_path / "stage.npz")
    assert (again.digest, again.kind, again.facts) == (made.digest, kind, dict(made.facts))
    assert again.summary == made.summary
    np.testing.assert_array_equal(again.apply(rows), made.apply(rows))
    assert pca_whitening(rows, 8).digest != made.digest
    assert [path.name for path in tmp_path.iterdir()] == ["stage.npz"]


def test_damaged_and_foreign_files_are_refused(tmp_path):
    path = tmp_path / "stage.npz"
    with pytest.raises(AehashError, match="is missing"):
        Whitening.load(path)
    pca_whitening(digits()[0], 9).save(path)
    data = path.read_bytes()
    for wrong in (b"", data[:200], data[:900] + b"\1\2\3" + data[903:], b"PK\3\4" * 40):
        path.write_bytes(wrong)
        with pytest.raises(AehashError, match=r"stage\.npz is n"):
            Whitening.load(path)
    np.savez(path, mean=np.zeros(3), facts=np.array(object()))
    with pytest.raises(AehashError, match="no saved whitening"):
        Whitening.load(path)


ROWS = np.random.default_rng(0).normal(size=(50, 4))
GOOD = [(0, 1), (2, 3), (4, 5)]


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([(0, 1)], "pairs must be two or more, and there is 1"),
        (np.empty((0, 2)), "two or more, and there is 0"),
        ([(0, 1), (3, 50)], "Pair 1 of pairs names row 50, and the rows go from 0 to 49"),
        ([(0, 1), (-1, 2)], "names row -1"),
        ([(0, 1), (7, 7)], "Pair 1 of pairs is row 7 with itself"),
        ([0, 1, 2], r"row numbers \(m, 2\)"),
        ([(0.5, 1.0), (2.0, 3.0)], r"row numbers \(m, 2\), not float64"),
    ],
)
def test_pairs_that_cannot_be_are_refused(pairs, said):
    with pytest.raises(UsageError, match=said):
        learn_whitening(ROWS, pairs)
    if len(np.shape(pairs)) == 2:
        with pytest.raises(UsageError, match="non_matching"):
            learn_whitening(ROWS, GOOD, non_matching=pairs)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"shrinkage": 0}, AehashError, "singular over 4 directions .*give more pairs"),
        ({"shrinkage": 1}, UsageError, "from 0 to below 1"),
        ({"shrinkage": "some"}, UsageError, "shrinkage must be 'auto'"),
        ({"centre": "median"}, UsageError, "centre must be"),
        ({"dimensions": 5}, UsageError, "dimensions is 5, .* vary along 4 directions"),
        ({"dimensions": 0}, UsageError, "dimensions must be a whole number"),
    ],
)
def test_options_that_cannot_be_are_refused(options, error, said):
    with pytest.raises(error, match=said):
        learn_whitening(ROWS, GOOD, **options)


def test_descriptors_that_cannot_be_are_refused():
    bad = ROWS.copy()
    bad[3, 1] = np.nan
    with pytest.raises(AehashError, match="NaN in 1 rows, the first of them row 3"):
        learn_whitening(bad, GOOD)
    bad[3, 1] = np.inf
    with pytest.raises(AehashError, match="row 3 are infinite"):
        pca_whitening(bad)
    with pytest.raises(AehashError, match="All 50 descriptors are one and the same"):
        learn_whitening(np.full((50, 4), 0.1, np.float32), GOOD)
    with pytest.raises(AehashError, match="3 matching pairs are of equal descriptors"):
        learn_whitening(np.repeat(ROWS, 2, axis=0), GOOD)
    with pytest.raises(UsageError, match="power must be"):
        pca_whitening(ROWS, power=2)
    with pytest.raises(UsageError, match="2 rows or more"):
        pca_whitening(ROWS[:1])
    for wrong in (ROWS[0], ROWS.astype(complex), ROWS[:, :0], [["a"]]):
        with pytest.raises(UsageError, match="must be real numbers"):
            pca_whitening(wrong)


def test_what_cannot_be_scaled_or_does_not_fit_is_refused():
    made = pca_whitening(ROWS)
    with pytest.raises(AehashError, match="Row 1 is a zero vector after whitening"):
        made.apply(np.stack([ROWS[0], made.mean]))
    with pytest.raises(UsageError, match="have 3 a row, and this was learned on 4"):
        made.apply(ROWS[:, :3])
    with pytest.raises(AehashError, match="NaN"):
        made.apply(np.full((1, 4), np.nan))
    assert made.apply(ROWS[:0]).shape == (0, 4)
    with pytest.raises(UsageError, match="must be"):
        Whitening("pca", made.mean[:2], made.projection, made.values, {})


def test_learning_helps_where_things_differ_along_other_directions_than_their_pictures():
    generator = np.random.default_rng(0)
    things = generator.normal(size=(300, 16)) * np.linspace(1, 0.2, 16)
    shots = [things + generator.normal(size=things.shape) * np.linspace(0.05, 1.5, 16)
             for _ in range(2)]  # fmt: skip
    rows = np.concatenate(shots)
    learned = learn_whitening(rows, np.stack([np.arange(150), np.arange(150) + 300], 1), 8)

    def found(one, other):
        return float(((one @ other.T).argmax(axis=1) == np.arange(150)).mean())

    plain = found(*(unit(shot[150:]) for shot in shots))
    assert found(*(learned.apply(shot[150:]) for shot in shots)) > plain + 0.1
