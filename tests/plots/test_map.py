"""Principal components against scikit-learn, the map's colours, its legend and odd names."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from aehash import projection
from aehash.errors import AehashError, UsageError
from aehash.plots import map as plots_map

DIGITS = load_digits().data.astype(np.float32)


def assert_components_are(found, features):
    """Compare with an SVD of the centred rows, up to the signs."""
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    shares = values**2 / (values**2).sum()
    np.testing.assert_allclose(found.shares, shares[:2], rtol=1e-6, atol=1e-12)
    signs = np.sign((axes[:2] * found.axes).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(found.axes, axes[:2] * signs, atol=1e-5)
    assert (found.axes[[0, 1], np.abs(found.axes).argmax(axis=1)] > 0).all()
    expected = (centred @ axes[:2].T) * signs.T
    np.testing.assert_allclose(found.place(features), expected, atol=1e-4 * np.abs(expected).max())


def test_components_are_scikit_learns():
    found = projection.components(DIGITS)
    twin = PCA(2, svd_solver="full").fit(DIGITS.astype(np.float64))
    np.testing.assert_allclose(found.shares, twin.explained_variance_ratio_, rtol=1e-9)
    points = np.abs(twin.transform(DIGITS.astype(np.float64)))
    np.testing.assert_allclose(np.abs(found.place(DIGITS)), points, atol=1e-8)


@pytest.mark.parametrize(
    ("way", "dense", "shape"),
    [("columns", 2048, (300, 64)), ("rows", 50, (40, 64)), ("steps", 10, (300, 64))],
)
@pytest.mark.parametrize("block", [70, 1 << 21])
def test_every_way_to_them_gives_the_same(way, dense, shape, block, monkeypatch):
    monkeypatch.setattr(projection, "_DENSE", dense)
    monkeypatch.setattr(projection, "_BLOCK", block)
    features = DIGITS[: shape[0], : shape[1]]
    assert_components_are(projection.components(features), features)


@settings(max_examples=60)
@given(
    st.integers(2, 12),
    st.integers(1, 12),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1e-20, 1.0, 1e18, 1e37]),
    st.booleans(),
)
def test_components_of_any_rows(n, d, seed, scale, wide):
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(n, d)) * scale).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        if wide:
            patch.setattr(projection, "_DENSE", d - 1 if n < d else d)
        found = projection.components(features)
    assert 0 <= found.shares[1] <= found.shares[0] <= 1
    assert sum(found.shares) <= 1 + 1e-9
    points = found.place(features)
    spread = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    total = np.square(spread).sum()
    np.testing.assert_allclose(np.square(points).sum(axis=0) / total, found.shares, atol=1e-6)
    assert np.array_equal(points, found.place(features))


def test_one_direction_leaves_the_other_empty():
    line = np.arange(9, dtype=np.float32)[:, None] * np.array([[1, -3]], np.float32)
    for features in (line, line[:, :1]):
        found = projection.components(features)
        assert found.shares == (pytest.approx(1), 0)
        assert not found.axes[1].any()
        assert not found.place(features)[:, 1].any()


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.full((5, 3), 0.1, np.float32), "All 5 rows are one and the same"),
        (np.ones((1, 3), np.float32), "two images or more, and there is 1"),
    ],
)
def test_nothing_to_draw_is_said(features, message):
    with pytest.raises(AehashError, match=message):
        projection.components(features)
    with pytest.raises(AehashError, match=message):
        projection.umap_points(features, None, seed=0, metric="euclidean")


def test_umap_needs_more_than_its_neighbours():
    with pytest.raises(AehashError, match="15 nearest, and there are 15"):
        projection.umap_points(DIGITS[:15], None, seed=0, metric="euclidean")


def test_umap_that_is_not_installed_is_said(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    with pytest.raises(UsageError, match=r"pip install 'aehash\[umap\]', or use --method pca"):
        projection.umap_points(DIGITS[:99], None, seed=0, metric="euclidean")


@pytest.mark.slow
def test_umap_repeats_itself_and_keeps_neighbours():
    import importlib.util

    if importlib.util.find_spec("umap") is None:
        pytest.skip("umap-learn is not installed")
    labels = load_digits().target[:400]
    points, placed = projection.umap_points(
        DIGITS[:300], DIGITS[300:400], seed=3, metric="euclidean"
    )
    again, _ = projection.umap_points(DIGITS[:300], None, seed=3, metric="euclidean")
    np.testing.assert_array_equal(points, again)
    nearest = np.linalg.norm(placed[:, None] - points[None], axis=2).argmin(axis=1)
    assert (labels[nearest] == labels[300:]).mean() > 0.7
    bits, _ = projection.umap_points(
        (DIGITS[:60] > 8) * np.float32(1), None, seed=3, metric="hamming"
    )
    assert bits.shape == (60, 2)


# Machado, Oliveira and Fernandes (2009): sight with no red, no green, no blue cones.
NO_RED = """
    0.152286 1.052583 -0.204868  0.114503 0.786281 0.099216  -0.003882 -0.048116 1.051998
"""
NO_GREEN = """
    0.367322 0.860646 -0.227968  0.280085 0.672501 0.047413  -0.011820 0.042940 0.968881
"""
NO_BLUE = """
    1.255528 -0.076749 -0.178779  -0.078411 0.930809 0.147602  0.004733 0.691367 0.303900
"""
XYZ = "0.4124564 0.3575761 0.1804375 0.2126729 0.7151522 0.072175 0.0193339 0.119192 0.9503041"


def matrix(text):
    return np.array(text.split(), float).reshape(3, 3)


def lab(colours, sight):
    from matplotlib.colors import to_rgb

    rgb = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ matrix(sight).T, 0, 1) @ matrix(XYZ).T / [0.95047, 1, 1.08883]
    bent = np.where(seen > 216 / 24389, np.cbrt(seen), (24389 / 27 * seen + 16) / 116)
    x, y, z = bent.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


@pytest.mark.parametrize(
    "sight",
    ["1 0 0 0 1 0 0 0 1", NO_RED, NO_GREEN, NO_BLUE],
    ids=["all", "no red", "no green", "no blue"],
)
def test_colours_differ_for_everyone(sight):
    seen = lab(plots_map.COLOURS, sight)
    distances = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    assert distances[np.triu_indices(len(seen), 1)].min() > 13
    others = lab([plots_map.GREY, "#ffffff"], sight)
    assert np.linalg.norm(seen[:, None] - others[None], axis=2).min() > 12


@pytest.mark.parametrize("classes", [1, 2, 12, 13, plots_map.MOST, plots_map.MOST + 1, 3000])
def test_as_many_classes_as_can_be_told_apart_have_a_style_each(classes):
    groups = [plots_map.Group("no label", "3", grey=True, number=-1)]
    groups += [plots_map.Group(str(number), "1", number=number) for number in range(classes)]
    styles, scale = plots_map._styles(groups)
    assert styles[0] == (plots_map.GREY, "o")
    assert (scale is None) == (classes <= plots_map.MOST)
    if scale is None:
        assert len(set(styles)) == classes + 1
        assert len({colour for colour, _ in styles[1:]}) == min(classes, 12)


def drawn(path, names, n=60, **options):
    rng = np.random.default_rng(0)
    groups = [plots_map.Group(name, "7", number=place) for place, name in enumerate(names)]
    cloud = plots_map.Cloud(rng.normal(size=(n, 2)), rng.integers(0, len(names), n), **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots_map.scatter(path, [cloud], groups, labels=("a", "b"), title=names[0], notes=names[:2])
    return path


@pytest.mark.parametrize(
    "names",
    [
        ["$x", "_hidden", "a\nb", "\udcff", "胸部", "🫀", "", "%s {0} \\frac", "x" * 500],
        ["only"],
        [str(number) for number in range(2000)],
    ],
    ids=["odd", "one", "thousands"],
)
def test_odd_names_are_drawn(names, tmp_path):
    path = drawn(tmp_path / "map.png", names)
    with Image.open(path) as picture:
        assert picture.size == (1008, 744)
    assert [each.name for each in tmp_path.iterdir()] == ["map.png"]


@pytest.mark.parametrize("ending", [".svg", ".pdf", ".jpg", ".webp"])
def test_other_kinds_of_pictures(ending, tmp_path):
    assert drawn(tmp_path / f"map{ending}", ["a", "b"], n=5000, ringed=True).stat().st_size < 1e6


def test_a_name_that_begins_with_a_line_is_in_the_legend():
    from matplotlib.figure import Figure

    figure = Figure()
    groups = [plots_map.Group("_a", "1"), plots_map.Group("$b$ c", "2,000")]
    plots_map._legend(figure, groups, [("red", "o"), ("blue", "s")], only_grey=False)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["_a  (1)", "$b$ c  (2,000)"]


def test_no_class_lies_below_all_others(tmp_path):
    """Of two classes in one place, each is on top somewhere."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(4000, 2)) * 0.3
    points[0], points[1] = (-9, -9), (9, 9)
    groups = [plots_map.Group("a", "1"), plots_map.Group("b", "1", number=1)]
    cloud = plots_map.Cloud(points, np.arange(4000) % 2)
    plots_map.scatter(tmp_path / "a.png", [cloud], groups, labels=("", ""), title="")
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)[:, :700]
    blue = (pixels[..., 2] > pixels[..., 0] + 60).sum()
    orange = (pixels[..., 0] > pixels[..., 2] + 60).sum()
    assert min(blue, orange) > 0.3 * max(blue, orange) > 100
