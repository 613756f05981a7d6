import numpy as np
import pytest
from PIL import Image

from aehash import workflow
from aehash.cli.main import run
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError

pytestmark = pytest.mark.training


@pytest.fixture
def photo(trained, tmp_path):
    """An image of the database, as a file."""
    pixels = np.load(trained.data)["images"]
    path = tmp_path / "photo.png"
    book = Codebook.load(trained.snapshot.path / "codes" / "digits" / "train")
    row = int(book.key(3).split("/")[1])
    Image.fromarray(pixels[row]).save(path)
    return path, book.key(3)


def test_an_image_of_the_database_finds_itself(trained, extracted, photo, tmp_path):
    path, key = photo
    found = workflow.search(str(path), codes=extracted, montage=tmp_path / "hits.png")
    assert found.database == extracted / "train"
    assert key in [hit.key for hit in found.hits if hit.distance == 0]
    assert [hit.rank for hit in found.hits] == list(range(1, 11))
    distances = [hit.distance for hit in found.hits]
    assert distances == sorted(distances)
    with Image.open(tmp_path / "hits.png") as picture:
        assert picture.format == "PNG"
        assert picture.width > 500


def test_a_key_of_another_split_is_searched_without_the_net(trained, extracted):
    queries, database = (Codebook.load(extracted / split) for split in ("test", "train"))
    found = workflow.search(queries.key(0), codes=extracted, top=500)
    distances = np.array(
        [
            sum(int(a ^ b).bit_count() for a, b in zip(queries.codes[0], code, strict=True))
            for code in database.codes
        ]
    )
    order = np.argsort(distances, kind="stable")
    assert [hit.key for hit in found.hits] == [database.key(int(row)) for row in order]
    assert [hit.distance for hit in found.hits] == distances[order].tolist()
    assert found.hits[0].label == str(database.labels[order[0]])


def test_radius_and_reranking(trained, extracted):
    queries, database = (Codebook.load(extracted / split) for split in ("test", "train"))
    key = queries.key(1)
    inside = workflow.search(key, codes=extracted, radius=5)
    assert all(hit.distance <= 5 for hit in inside.hits)
    reordered = workflow.search(key, codes=extracted, radius=5, reorder=True)
    assert {hit.key for hit in inside.hits} == {hit.key for hit in reordered.hits}
    exact = np.linalg.norm(
        np.asarray(database.features, np.float64) - np.asarray(queries.features[1], np.float64),
        axis=1,
    )
    rows = [
        i
        for i in np.argsort(exact, kind="stable")
        if database.key(i) in {hit.key for hit in inside.hits}
    ]
    assert [hit.key for hit in reordered.hits] == [database.key(row) for row in rows]


def test_euclidean(trained, extracted):
    queries, database = (Codebook.load(extracted / split) for split in ("test", "train"))
    found = workflow.search(queries.key(2), codes=extracted, metric="euclidean", top=5)
    exact = np.linalg.norm(
        np.asarray(database.features, np.float64) - np.asarray(queries.features[2], np.float64),
        axis=1,
    )
    order = np.argsort(exact, kind="stable")[:5]
    assert [hit.key for hit in found.hits] == [database.key(int(row)) for row in order]


@pytest.mark.parametrize("options", [{}, {"radius": 6}, {"metric": "euclidean"}, {"reorder": True}])
def test_only_images_of_a_label(trained, extracted, options):
    queries, database = (Codebook.load(extracted / split) for split in ("test", "train"))
    everything = workflow.search(
        queries.key(0), codes=extracted, **{"top": 96, **options}, threads=1
    )
    wanted = [hit.key for hit in everything.hits if hit.label == "7"]
    found = workflow.search(queries.key(0), codes=extracted, label="7", **{"top": 96, **options})
    assert [hit.key for hit in found.hits] == wanted
    assert len(wanted) == (database.labels == 7).sum() or "radius" in options


def test_labels_by_name_and_those_that_are_not_there(tmp_path):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, (6, 16))
    one, several = np.array([0, 1, 2, 0, 1, 2]), np.eye(3, dtype=int)[[0, 1, 2, 0, 1, 0]]
    for name, labels, classes in (
        ("one", one, ["cat", "dog", "1"]),
        ("several", several, ["cat", "dog", "1"]),
        ("numbers", one, []),
        ("none", None, []),
    ):
        Codebook.from_arrays(codes, labels=labels, classes=classes, split=name).save(
            tmp_path / name
        )

    def rows(name, label):
        found = workflow.search(f"{name}/0", codes=tmp_path / name, label=label)
        return sorted(int(hit.key.split("/")[1]) for hit in found.hits)

    assert rows("one", "dog") == rows("several", "dog") == rows("numbers", "1") == [1, 4]
    assert rows("one", "1") == [2, 5]
    assert rows("several", "1") == [2]
    for name, label, sentence in (
        ("one", "dgo", "no label 'dgo'. Did you mean 'dog'"),
        ("one", "9", "No image of the codebook has the label '9'"),
        ("several", "9", "No image of the codebook has the label '9'"),
        ("numbers", "cat", "have no names: give a number"),
        ("none", "cat", "has no labels"),
    ):
        with pytest.raises(UsageError, match=sentence):
            rows(name, label)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"top": 0}, "at least 1"),
        ({"threads": 0}, "threads must be a whole number"),
        ({"threads": 4096}, "threads is 4096"),
        ({"metric": "euclidean", "radius": 2}, "goes with --metric hamming"),
        ({"metric": "euclidean", "reorder": True}, "goes with --metric hamming"),
    ],
)
def test_options_that_do_not_go_together(extracted, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        workflow.search("all/0", codes=extracted, **options)


def test_a_query_that_is_nowhere(extracted, tmp_path):
    with pytest.raises(UsageError, match=r"no file 'gone\.jpg', and no image of that key"):
        workflow.search("gone.jpg", codes=extracted)
    with pytest.raises(UsageError, match="holds no codebook"):
        workflow.search("gone.jpg", codes=tmp_path)


def test_codes_without_their_run_still_take_keys(trained, extracted, photo, tmp_path):
    book = Codebook.load(extracted / "train")
    book.save(tmp_path / "moved")
    assert workflow.search(book.key(0), codes=tmp_path / "moved").hits[0].distance == 0
    with pytest.raises(AehashError, match="is not around it or under"):
        workflow.search(str(photo[0]), codes=tmp_path / "moved", runs=tmp_path / "none")
    found = workflow.search(
        str(photo[0]), codes=tmp_path / "moved", runs=trained.snapshot.path.parent
    )
    assert found.hits[0].distance == 0


def test_an_unreadable_query_is_a_sentence(extracted, tmp_path):
    (tmp_path / "text.jpg").write_text("not an image")
    with pytest.raises(AehashError, match=r"text\.jpg"):
        workflow.search(str(tmp_path / "text.jpg"), codes=extracted)


def test_the_picture_never_replaces_the_query(trained, extracted, photo):
    before = photo[0].read_bytes()
    with pytest.raises(UsageError, match="would replace the query"):
        workflow.search(str(photo[0]), codes=extracted, montage=photo[0])
    assert photo[0].read_bytes() == before


def test_features_of_another_width_are_a_sentence(extracted, tmp_path):
    rng = np.random.default_rng(0)
    for name, width in (("db", 16), ("queries", 8)):
        Codebook.from_arrays(
            rng.integers(0, 2, (5, 16)),
            features=rng.standard_normal((5, width)),
            source="s",
            split=name,
        ).save(tmp_path / name)
    for options in ({"metric": "euclidean"}, {"reorder": True}):
        with pytest.raises(UsageError, match="16 features a row and the query queries/0 has 8"):
            workflow.search("queries/0", codes=tmp_path / "db", **options)


def test_a_broken_neighbour_does_not_hide_the_sentence(extracted, tmp_path):
    Codebook.load(extracted / "train").save(tmp_path / "train")
    (tmp_path / "zz").mkdir()
    (tmp_path / "zz" / "manifest.json").write_text("{}")
    with pytest.raises(UsageError, match="no image of that key"):
        workflow.search("nokey", codes=tmp_path / "train")


@pytest.fixture
def unit_book(tmp_path):
    """Rows of length 1, in a codebook of their own."""
    rows = np.random.default_rng(0).normal(size=(50, 8))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    book = Codebook.from_arrays(features=rows.astype("float32"), source="rows", split="all")
    book.save(tmp_path / "unit")
    return tmp_path / "unit"


@pytest.mark.parametrize("alpha", [None, 0.0, 2.0])
def test_a_query_is_expanded_by_its_nearest_rows(unit_book, alpha):
    rows = np.asarray(Codebook.load(unit_book).features, np.float64)
    similar = rows @ rows[4]
    nearest = np.argsort(-similar)[1:4]
    weights = similar[nearest] ** (3.0 if alpha is None else alpha)
    total = rows[4] + weights @ rows[nearest]
    distances = np.linalg.norm(rows - total / np.linalg.norm(total), axis=1)
    found = workflow.search(
        "all/4", codes=unit_book, metric="euclidean", top=50, expand=4, alpha=alpha
    )
    assert [hit.key for hit in found.hits] == [f"all/{row}" for row in np.argsort(distances)]
    np.testing.assert_allclose([hit.distance for hit in found.hits], np.sort(distances), atol=1e-5)


def test_expansion_needs_features_of_length_1(unit_book, trained, extracted):
    key = Codebook.load(extracted / "train").key(0)
    for options, sentence in [
        ({"expand": 3}, "goes with --metric euclidean"),
        ({"alpha": 1.0}, "weights what --expand sums"),
        ({"expand": 3, "metric": "euclidean"}, r"long and must be 1"),
    ]:
        with pytest.raises(UsageError, match=sentence):
            workflow.search(key, codes=extracted, **options)


def alike(folder, features=None, codes=None):
    book = Codebook.from_arrays(codes, features=features, source="rows", split="all")
    book.save(folder)
    return workflow.search("all/4", codes=folder)


def test_codes_that_are_all_the_same_are_said(tmp_path, unit_book, capsys):
    features = np.random.default_rng(0).uniform(0.1, 1, (5000, 8)).astype("float32")
    found = alike(tmp_path / "gem", features)
    assert {hit.distance for hit in found.hits} == {0}
    assert found.note.startswith("no feature is negative")
    places = ["--codes", str(tmp_path / "gem"), "--montage", str(tmp_path / "hits.png")]
    assert run(["search", "all/4", *places]) == 0
    assert f"note   {found.note}\n" in capsys.readouterr().err
    assert workflow.search("all/4", codes=tmp_path / "gem", metric="euclidean").note == ""
    assert "all 9 codes are one" in alike(tmp_path / "same", codes=np.zeros((9, 2), "uint8")).note
    features[-1] *= -1
    assert alike(tmp_path / "other", features).note == ""
    assert workflow.search("all/4", codes=unit_book).note == ""
