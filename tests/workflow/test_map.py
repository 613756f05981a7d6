"""Maps: which rows are drawn, what colour means, and figures against slow twins."""

import csv
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from aehash import workflow
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.workflow import map as module
from aehash.workflow import map_text
from aehash.workflow.map_rows import NONE, OTHER, SEVERAL, classes_of, draw_rows, shares
from aehash.workflow.map_trust import Place, Trust, trust

DIGITS = load_digits()
NAMES = [f"digit {number}" for number in range(10)]
FEATURES = (DIGITS.data - 8).astype(np.float32)


def save(folder, rows=slice(None), **changes):
    parts = {
        "features": FEATURES[rows],
        "labels": DIGITS.target[rows],
        "classes": NAMES,
        "source": "digits",
        "split": folder.name,
        **changes,
    }
    Codebook.from_arrays(**parts).save(folder)
    return folder


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    folder = tmp_path_factory.mktemp("books")
    save(folder / "train", slice(0, 500))
    save(folder / "test", slice(500, 600))
    return folder


def draw(codes, tmp_path, **options):
    return workflow.draw_map(codes, picture=tmp_path / "map.png", **options)


def read(path):
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file))


# which rows


@given(
    st.lists(st.integers(-2, 40), min_size=1, max_size=300),
    st.integers(1, 320),
    st.integers(0, 999),
)
def test_rows_are_drawn_evenly_over_the_classes(classes, most, seed):
    classes = np.array(classes)
    rows = draw_rows(classes, most, seed)
    assert len(rows) == len(set(rows.tolist())) == min(most, len(classes))
    np.testing.assert_array_equal(rows, draw_rows(classes, most, seed))
    numbers, counts = np.unique(classes, return_counts=True)
    drawn = np.array([(classes[rows] == number).sum() for number in numbers])
    cut = drawn[drawn < counts]
    if cut.size:  # a class that is not whole has no fewer than any other, but for one
        assert drawn.max() <= cut.min() + 1


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.data())
def test_shares_are_those_of_handing_out_one_by_one(counts, data):
    counts = np.array(counts)
    most = data.draw(st.integers(0, int(counts.sum())))
    found = shares(counts, most, np.random.default_rng(0))
    slow = np.zeros_like(counts)
    for _ in range(most):
        slow[np.where(slow < counts, slow, 99).argmin()] += 1
    assert found.sum() == most
    assert (found <= counts).all()
    assert (np.abs(found - slow) <= 1).all()  # who gets one more is drawn
    assert sorted(found.tolist()) == sorted(slow.tolist())


def test_another_seed_draws_other_rows_and_all_rows_are_all():
    classes = DIGITS.target
    one, other = (draw_rows(classes, 100, seed) for seed in (0, 1))
    assert set(one.tolist()) != set(other.tolist())
    assert np.bincount(classes[one]).tolist() == [10] * 10
    assert sorted(draw_rows(classes, 9999, 0)) == list(range(len(classes)))


@given(st.integers(1, 40), st.integers(2, 6), st.integers(0, 99), st.sampled_from([1, 7, 1 << 24]))
def test_an_image_with_one_label_has_its_colour(n, width, seed, block):
    marks = (np.random.default_rng(seed).random((n, width)) < 0.3).astype(np.uint8)
    book = Codebook.from_arrays(np.ones((n, 8)), labels=marks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aehash.workflow.map_rows._BLOCK", block)
        found = classes_of(book)
    for row, number in zip(marks, found, strict=True):
        labels = np.flatnonzero(row).tolist()
        assert number == (labels[0] if len(labels) == 1 else SEVERAL if labels else NONE)
    wanted = [str(number) for number in range(width)[::-1]]
    for row, number in zip(marks, classes_of(book, wanted), strict=True):
        has = [place for place, name in enumerate(wanted) if row[int(name)]]
        assert number == (has[0] if has else NONE)
    for row, number in zip(marks, classes_of(book, ["0"]), strict=True):
        assert number == (0 if row[0] else OTHER if row.any() else NONE)


# how far it can be trusted


def slow_trust(space, queries, points, asked, labels, query_labels, own, k):
    """Sort everything, and count."""

    def near(database, one, row):
        distances = ((database.astype(np.float64) - one) ** 2).sum(axis=1)
        order = np.argsort(distances, kind="stable")
        return [each for each in order if each != row][:k]

    full, picture, chance, kept = [], [], [], []
    for query, row in enumerate(own):
        here, there = near(space, queries[query], row), near(points, asked[query], row)
        kept.append(len(set(here) & set(there)) / k)
        if query_labels[query] >= 0:
            same = labels == query_labels[query]
            full.append(same[here].mean())
            picture.append(same[there].mean())
            others = np.arange(len(labels)) != row
            chance.append(same[others].mean())
    return [np.mean(each) for each in (full, picture, chance, kept)]


@pytest.mark.parametrize("bits", [False, True])
@pytest.mark.parametrize("block", [1, 1 << 23])
def test_figures_are_those_of_sorting_everything(bits, block, monkeypatch):
    monkeypatch.setattr("aehash.workflow.map_trust._BLOCK", block)
    rng = np.random.default_rng(1)
    space = FEATURES[:200] > 0 if bits else FEATURES[:200]
    points = (rng.integers(-50, 50, (200, 2)) / 64).astype(np.float64)
    labels = np.where(rng.random(200) < 0.2, -1, DIGITS.target[:200])
    own = np.arange(200)
    place = Place(space, points, labels)
    found = trust(place, place, own)
    scaled = (points / np.abs(points).max()).astype(np.float32)
    expected = slow_trust(space * 1.0, space * 1.0, scaled, scaled, labels, labels, own, 10)
    np.testing.assert_allclose([found.full, found.picture, found.chance, found.kept], expected)
    assert (found.asked, found.nearest, found.labelled) == (200, 10, (labels >= 0).sum())
    assert found.kept_chance == 10 / 199


def test_queries_of_another_codebook_have_no_own_row_unless_the_key_is_there():
    database = Place(FEATURES[:50], FEATURES[:50, 20:22].astype(np.float64), DIGITS.target[:50])
    queries = Place(FEATURES[40:60], FEATURES[40:60, 20:22].astype(float), DIGITS.target[40:60])
    own = np.r_[np.arange(40, 50), np.full(10, -1)]
    found = trust(database, queries, own)
    scale = max(np.abs(each.points).max() for each in (database, queries))
    points, asked = ((each.points / scale).astype(np.float32) for each in (database, queries))
    expected = slow_trust(
        FEATURES[:50], FEATURES[40:60], points, asked, database.labels, queries.labels, own, 10
    )
    np.testing.assert_allclose([found.full, found.picture, found.chance, found.kept], expected)


def test_twins_in_one_place_are_not_their_own_neighbours():
    same = Place(np.zeros((30, 4), np.float32), np.zeros((30, 2)), np.r_[[0] * 15, [1] * 15])
    found = trust(same, same, np.arange(30))
    assert found.nearest == 10
    assert found.chance == pytest.approx(14 / 29)


def test_shares_of_labels_count_any_in_common():
    marks = np.array([[1, 1], [1, 0], [0, 1], [0, 0]], np.uint8)
    place = Place(np.eye(4, dtype=np.float32), np.eye(4)[:, :2], marks)
    found = trust(place, place, np.arange(4))
    assert (found.labelled, found.nearest) == (3, 3)
    assert found.full == found.picture == found.chance == pytest.approx((2 + 1 + 1) / 9)


# the whole command


def test_points_are_scikit_learns(books, tmp_path):
    found = draw(books, tmp_path, table=tmp_path / "map.csv")
    assert (found.space, found.width, found.method) == ("features", 64, "pca")
    assert [(part.folder.name, part.drawn, part.total) for part in found.parts] == [
        ("train", 500, 500)
    ]
    rows = read(tmp_path / "map.csv")
    assert [row["key"] for row in rows] == [f"train/{row}" for row in range(500)]
    assert [row["label"] for row in rows] == [NAMES[label] for label in DIGITS.target[:500]]
    twin = PCA(2, svd_solver="full").fit(FEATURES[:500].astype(np.float64))
    expected = np.abs(twin.transform(FEATURES[:500].astype(np.float64)))
    points = np.array([[float(row["x"]), float(row["y"])] for row in rows])
    np.testing.assert_allclose(np.abs(points), expected, atol=1e-6)
    np.testing.assert_allclose(found.shares, twin.explained_variance_ratio_)
    assert [group.name for group in found.groups] == NAMES
    assert found.trust.full > 0.85 > found.trust.picture > 0.3 > found.trust.chance


def test_the_same_seed_draws_the_same_file(books, tmp_path):
    def bytes_of(name, seed):
        table, picture = tmp_path / f"{name}.csv", tmp_path / f"{name}.png"
        workflow.draw_map(books, sample=90, seed=seed, picture=picture, table=table)
        return table.read_bytes(), np.asarray(Image.open(picture)).tobytes()

    assert bytes_of("a", 0) == bytes_of("b", 0)
    assert bytes_of("c", 1)[0] != bytes_of("a", 0)[0]


def test_a_sample_is_even_and_said(books, tmp_path):
    found = draw(books, tmp_path, sample=50)
    assert found.parts[0].drawn == 50
    assert {group.count.split()[0] for group in found.groups} == {"5"}
    assert found.groups[0].count.startswith("5 of ")


def test_wide_features_are_drawn_of_fewer_images(books, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_ROOM", 64 * 4 * 120)
    assert draw(books, tmp_path).parts[0].drawn == 120
    assert draw(books, tmp_path, sample=130).parts[0].drawn == 130


def test_another_split_is_placed_into_the_same_map(books, tmp_path):
    alone = draw(books, tmp_path, table=tmp_path / "a.csv")
    found = draw(books, tmp_path, also="test", table=tmp_path / "b.csv")
    assert [part.folder.name for part in found.parts] == ["train", "test"]
    assert found.shares == alone.shares
    assert found.trust.asked == 100
    rows = read(tmp_path / "b.csv")
    first = [
        {k: row[k] for k in ("key", "x", "y", "label")} for row in rows if row["split"] == "train"
    ]
    assert first == read(tmp_path / "a.csv")
    assert len(rows) == 600
    assert any("Ringed: test" in note for note in found.notes)
    assert draw(books, tmp_path, also=str(books / "test")).trust == found.trust
    assert draw(books, tmp_path, split="test").parts[0].folder.name == "test"


def test_an_overlapping_split_finds_its_own_rows(books, tmp_path):
    folder = tmp_path / "books"
    keys = [f"test/{row}" for row in range(100)]
    save(folder / "all", slice(0, 300), keys=[f"test/{row}" for row in range(300)])
    save(folder / "test", slice(0, 100), keys=keys)
    drawn = module._drawn(folder, module.RUNS, None, "test", None, (), None, 0)[0]
    own = module._own(drawn)
    assert (drawn[0].rows[own] == drawn[1].rows).all()


def test_codes_where_there_are_no_features(tmp_path):
    codes = DIGITS.data[:200] > 8
    folder = tmp_path / "bare"
    Codebook.from_arrays(codes, labels=DIGITS.target[:200]).save(folder)
    found = draw(folder, tmp_path)
    assert (found.space, found.width) == ("codes", 64)
    assert [group.name for group in found.groups] == [str(number) for number in range(10)]
    with pytest.raises(UsageError, match="has no features: draw its codes, with --metric codes"):
        draw(folder, tmp_path, metric="features")


def test_images_without_labels_have_one_colour(tmp_path):
    found = draw(save(tmp_path / "plain", labels=None, classes=()), tmp_path)
    assert [(group.name, group.grey) for group in found.groups] == [("no label", False)]
    assert found.trust.full is None
    assert found.trust.kept > 5 * found.trust.kept_chance


def test_chosen_labels_are_coloured_and_the_rest_is_grey(books, tmp_path):
    found = draw(books, tmp_path, labels=["digit 7", "0"])
    assert [(group.name, group.grey) for group in found.groups] == [
        ("other", True),
        ("digit 7", False),
        ("0", False),
    ]
    with pytest.raises(UsageError, match=r"no label 'digit 70'\. Did you mean 'digit 7'"):
        draw(books, tmp_path, labels=["digit 70"])


def test_several_labels_are_grey_and_explained(tmp_path):
    marks = np.eye(10, dtype=np.uint8)[DIGITS.target]
    marks[::3, 0] = 1
    marks[1::3] = 0
    found = draw(save(tmp_path / "multi", labels=marks), tmp_path)
    assert [group.name for group in found.groups][:2] == ["several labels", "no label"]
    assert any("--label NAME" in note for note in found.notes)


def test_a_run_and_the_latest_codes(extracted, tmp_path):
    run = tmp_path / "runs" / extracted.parent.parent.name
    shutil.copytree(extracted.parent.parent, run, ignore=shutil.ignore_patterns("codes"))
    shutil.copytree(extracted, run / "codes" / "digits")
    found = draw(run, tmp_path)
    assert found.parts[0].folder == run / "codes" / "digits" / "train"
    assert workflow.draw_map(runs=run.parent, picture=tmp_path / "b.png", also="test").parts


@pytest.mark.parametrize(
    ("changes", "options", "error", "message"),
    [
        ({"rows": slice(0, 1)}, {}, AehashError, "two images or more, and there is 1"),
        ({"features": np.ones((1797, 4))}, {}, AehashError, "All 1,797 rows are one and the same"),
        ({}, {"split": "tset"}, UsageError, "has no split 'tset'. Did you mean 'test'"),
        ({}, {"also": "none"}, UsageError, "has no split 'none'. Known: all, test"),
        ({}, {"method": "tsne"}, UsageError, "no method 'tsne'"),
        ({}, {"metric": "pixels"}, UsageError, "no metric 'pixels'"),
        ({}, {"sample": 1}, UsageError, "sample"),
        ({"rows": slice(0, 15)}, {"method": "umap"}, AehashError, "15 nearest"),
        ({"classes": [f"c{n}" for n in range(10)]}, {"also": "test"}, UsageError, "differently"),
        ({"features": FEATURES[:, :9]}, {"also": "test"}, UsageError, "9 features .* 64"),
        ({"snapshot": "a"}, {"also": "test"}, UsageError, "different runs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_drawn_is_said(changes, options, error, message, tmp_path):
    save(tmp_path / "books" / "test", slice(0, 50), snapshot="b")
    save(tmp_path / "books" / "all", **changes)
    with pytest.raises(error, match=message):
        draw(tmp_path / "books", tmp_path, **options)
    assert not (tmp_path / "map.png").exists()


def test_features_that_are_not_finite_are_named(tmp_path):
    folder = save(tmp_path / "all", slice(0, 90))
    array = np.load(folder / "features.npy")
    array[41, 3] = np.nan
    np.save(folder / "features.npy", array)
    with pytest.raises(AehashError, match=r"not finite in 1 of the 90 images.*'all/41'"):
        draw(folder, tmp_path)
    assert draw(folder, tmp_path, metric="codes").space == "codes"


def test_places_that_cannot_be_written_are_refused_before_the_work(books, tmp_path):
    (tmp_path / "file").touch()
    for options, message in [
        ({"picture": tmp_path}, "is a folder"),
        ({"picture": tmp_path / "map.txt"}, "must end in one of"),
        ({"picture": tmp_path / "a.png", "table": tmp_path}, "is a folder"),
        ({"picture": tmp_path / "a.png", "table": tmp_path / "a.png"}, "is the picture too"),
        ({"picture": tmp_path / "a.png", "table": tmp_path / "file" / "b"}, "file is a file"),
    ]:
        with pytest.raises(UsageError, match=message):
            workflow.draw_map(tmp_path / "nowhere", **options)


def test_odd_keys_and_names_and_thousands_of_classes(tmp_path):
    keys = [f'ü,"{row}"\n{chr(0xDC80)}' for row in range(1797)]
    names = [f"${number}_^" for number in range(1797)]
    labels = np.arange(1797)
    folder = save(tmp_path / "many", keys=keys, classes=names, labels=labels)
    found = draw(folder, tmp_path, table=tmp_path / "map.csv")
    assert len(found.groups) == 1797
    assert found.trust.full == found.trust.chance == 0
    assert [row["key"] for row in read(tmp_path / "map.csv")] == keys


@pytest.mark.parametrize(("full", "said"), [(0.27, False), (0.5, True), (0.2, False)])
def test_a_loss_is_said_of_what_chance_does_not_explain(full, said):
    found = Trust(100, 10, 100, full, 0.25, 0.25, 0.1, 0.1)
    notes = map_text.notes(found, umap=False, several=False, many=False, names=["train"])
    assert any("loses more than half" in note for note in notes) == said
