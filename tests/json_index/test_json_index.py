"""A codebook and its JSON index hold the same, to the bit; what is no index leaves nothing."""

import io
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.bits import pack, threshold
from aehash.codebook import Codebook
from aehash.codebook.arrays import encode_key
from aehash.errors import AehashError, UsageError
from aehash.json_index import columns as json_index_columns
from aehash.json_index import export_index, import_index, size_of
from aehash.json_index import keys as json_index_keys
from aehash.json_index import stream as json_index_stream
from aehash.json_index import writer as json_index_write
from aehash.json_index.keys import why_not_key
from aehash.json_index.numbers import row_texts

PARTS = ("codes", "features", "labels", "keys")
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
NAMES = st.text(st.characters(codec="utf-8"), max_size=6)
KEYS = (
    st.one_of(NAMES, st.binary(max_size=6).map(lambda raw: raw.decode("utf-8", "surrogateescape")))
    .filter(lambda key: why_not_key(key) is None)
)  # fmt: skip


@st.composite
def labels_and_classes(draw, n):
    classes = draw(st.lists(NAMES, max_size=4, unique=draw(st.booleans())))
    kind = draw(st.sampled_from(["none", "numbers", "many"]))
    if kind == "none":
        return None, classes
    if kind == "numbers":
        most = len(classes) - 1 if classes else 2**63 - 1
        each = st.integers(-(2**63), most)
        return np.array(draw(st.lists(each, min_size=n, max_size=n)), np.int64), classes
    columns = len(classes) if len(classes) > 1 else draw(st.integers(2, 5))
    marks = st.lists(st.integers(0, 1), min_size=n * columns, max_size=n * columns)
    marks = np.array(draw(marks), np.uint8).reshape(n, columns)
    return marks, classes if len(classes) == columns else []


@st.composite
def codebooks(draw):
    n, width = draw(st.integers(1, 9)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    features = None
    if draw(st.booleans()):
        drawn = draw(st.lists(FLOATS, min_size=n * width, max_size=n * width))
        features = np.array(drawn, np.float32).reshape(n, width)
    bits = width if draw(st.booleans()) else draw(st.integers(1, 70))
    signs = features is not None and bits == width and draw(st.booleans())
    labels, classes = draw(labels_and_classes(n))
    texts = st.one_of(st.none(), NAMES.filter(bool))
    return Codebook.from_arrays(
        threshold(features) if signs else rng.random((n, bits)) > 0.5,
        features=features,
        labels=labels,
        keys=draw(
            st.lists(KEYS, min_size=n, max_size=n, unique_by=encode_key)
        ),
        classes=classes,
        source=draw(texts),
        split=draw(texts),
        snapshot=draw(texts),
    )  # fmt: skip


def same(first, second):
    for part in PARTS:
        a, b = getattr(first, part), getattr(second, part)
        assert (a is None) == (b is None), part
        if a is not None:
            assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()), part
    about = [{k: v for k, v in book.manifest.items() if k != "files"} for book in (first, second)]
    assert about[0] == about[1]


def to_json(book, folder):
    book.save(folder / "book")
    export_index(folder / "book", folder / "index.json")
    return (folder / "index.json").read_text(encoding="utf-8")


def to_book(text, folder, **options):
    (folder / "given.json").write_text(text, encoding="utf-8")
    return import_index(folder / "given.json", folder / "made", **options)


@given(codebooks())
def test_codebook_to_json_and_back(book):
    with tempfile.TemporaryDirectory() as name:
        text = to_json(book, Path(name))
        same(book, to_book(text, Path(name)))


@given(codebooks(), st.sampled_from([1, 3, 50]), st.sampled_from([None, 1, "\t"]))
@settings(max_examples=50)
def test_any_layout_in_any_pieces_is_the_same_index(book, piece, indent):
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        found = json.loads(to_json(book, Path(name)))
        head = [key for key in found if key != "images"]
        found = {key: found[key] for key in [*reversed(head), "images"]}
        found["images"] = [dict(reversed(image.items())) for image in found["images"]]
        patch.setattr(json_index_stream, "_CHUNK", piece)
        patch.setattr(json_index_columns, "_FEATURES", piece)
        patch.setattr(json_index_columns, "_DIGITS", piece)
        patch.setattr(json_index_keys, "_BLOCK", piece)
        same(book, to_book(json.dumps(found, indent=indent), Path(name)))


@given(codebooks())
@settings(max_examples=50)
def test_any_json_reader_finds_the_same(book):
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_index_write, "_NUMBERS", 40)
        text = to_json(book, Path(name))
        found = json.loads(text)
        images = found["images"]
        assert text.count("\n{") == len(images) == len(book)
        keys = [image["file"] for image in images]
        assert keys == [book.key(row) for row in range(len(book))]
        codes = [list(bytes.fromhex(image["code"])) for image in images]
        np.testing.assert_array_equal(codes, book.codes)
        if book.features is not None:
            read = np.array([image["features"] for image in images], np.float64)
            assert read.astype(np.float32).tobytes() == book.features.tobytes()
        assert found["classes"] == book.classes
        if book.labels is not None and len(set(book.classes)) == len(book.classes) > 0:
            for image, label in zip(images, book.labels, strict=True):
                assert image["label"] == named(label, book.classes)


def named(label, classes):
    if label.ndim:
        return [classes[column] for column in np.flatnonzero(label)]
    return classes[label] if label >= 0 else label


@given(st.lists(FLOATS, min_size=1, max_size=30))
def test_numbers_read_back_to_the_bit(numbers):
    given_numbers = np.array([numbers], np.float32)
    read = np.array([json.loads(f"[{row_texts(given_numbers)[0]}]")], np.float64)
    assert read.astype(np.float32).tobytes() == given_numbers.tobytes()


def test_numbers_of_every_size_read_back_and_are_short():
    rng = np.random.default_rng(0)
    any_bits = rng.integers(0, 2**32, 20_000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    powers = np.ldexp(np.float32(1), np.arange(-149, 128)).astype(np.float32)
    tens = np.array([float(f"1e{power}") for power in range(-45, 39)], np.float32)
    near = np.concatenate(
        [np.nextafter(each, np.float32(to)) for each in (powers, tens) for to in (0, 9e37)]
    )
    any_bits = any_bits[np.isfinite(any_bits)]
    numbers = np.concatenate([any_bits, powers, tens, near])[:, None]
    texts = row_texts(numbers)
    read = np.array([[float(text)] for text in texts]).astype(np.float32)
    assert read.tobytes() == numbers.astype(np.float32).tobytes()
    decimals = np.array([[0.1, -2.5, 1e-5, 3e7, 0.3333, -0.0, 0.0, 16777216, 1e20]], np.float32)
    assert row_texts(decimals)[0] == "0.1,-2.5,1e-05,3e+07,0.3333,-0.0,0,16777216,1e+20"
    normal = np.abs(numbers) > 1e-37
    longer = [
        text
        for text, number in zip(np.array(texts)[normal[:, 0]], numbers[normal], strict=True)
        if figures(text) > max(6, figures(str(number)))
    ]
    assert len(longer) <= len(powers)  # at a power of two the shortest may be on the wide side


def figures(text):
    return len(text.lower().split("e")[0].replace(".", "").replace("-", "").strip("0"))


ROW = {"file": "a.jpg", "label": "mri", "features": [0.5, -1.0, 2.0]}


def rows(n=4, **more):
    return [{**ROW, "file": f"{row}.jpg", **more} for row in range(n)]


def test_a_papers_own_arrays_are_taken(tmp_path):
    features = [[0.5, -1, 2], [1, 2, 3]]
    for name in ("files", "images"):
        made = to_book(
            json.dumps({"features": features, name: ["a", "b"], "labels": ["oct", "eeg"]}), tmp_path
        )
        assert made.classes == ["eeg", "oct"]
        np.testing.assert_array_equal(made.labels, [1, 0])
        np.testing.assert_array_equal(made.features, np.array(features, np.float32))
        np.testing.assert_array_equal(made.codes, pack(np.array(features) > 0))
        assert [made.key(row) for row in range(2)] == ["a", "b"]


def test_codes_without_features_and_features_without_codes(tmp_path):
    images = [{"file": "a", "code": "A0"}, {"file": "b", "code": "40", "label": None}]
    made = to_book(json.dumps({"bits": 3, "images": images}), tmp_path)
    assert (made.bits, made.features, made.labels) == (3, None, None)
    np.testing.assert_array_equal(made.codes, [[0xA0], [0x40]])
    made = to_book(json.dumps({"images": rows()}), tmp_path)
    assert (made.bits, made.classes) == (3, ["mri"])
    np.testing.assert_array_equal(made.codes, np.full((4, 1), 0b10100000))


def test_labels_may_be_numbers_names_or_lists_of_them(tmp_path):
    def labels(values, **head):
        images = [{**image, "label": value} for image, value in zip(rows(3), values, strict=True)]
        made = to_book(json.dumps({**head, "images": images}), tmp_path)
        return made.labels.tolist(), made.classes

    assert labels([2, 0, -1]) == ([2, 0, -1], [])
    assert labels(["b", -1, "a"]) == ([1, -1, 0], ["a", "b"])
    assert labels(["b", "a", "b"], classes=["b", "c", "a"]) == ([0, 2, 0], ["b", "c", "a"])
    assert labels([["b", "a"], [], ["b"]]) == ([[1, 1], [0, 0], [0, 1]], ["a", "b"])
    assert labels([[1], [], [0]], label_columns=3) == ([[0, 1, 0], [0, 0, 0], [1, 0, 0]], [])
    assert labels([[], [], []], classes=["x"]) == ([[0], [0], [0]], ["x"])


def test_what_the_file_does_not_say_can_be_said(tmp_path):
    text = json.dumps(
        {"source": "old", "created": "2024", "more": {"channels": 1}, "images": rows()}
    )
    made = to_book(text, tmp_path, source="/new", split="train")
    assert (made.source, made.split) == ("/new", "train")
    assert (made.manifest["created"], made.manifest["channels"]) == ("2024", 1)


def test_codes_that_are_not_the_signs_of_the_features_are_kept_and_said(tmp_path):
    images = rows(code="a0")
    images[2]["code"] = "40"
    said = []
    made = to_book(json.dumps({"bits": 3, "images": images}), tmp_path, say=said.append)
    assert made.codes[2] == 0x40
    assert "1 of 4 codes" in said[0]
    assert "first in row 2" in said[0]
    images = rows(code="7000")  # 12 bits beside 3 features: codes of their own
    to_book(json.dumps({"bits": 12, "images": images}), tmp_path, say=said.append)
    assert len(said) == 1


def test_progress_counts_bytes_and_rows(tmp_path):
    book = Codebook.from_arrays(features=np.random.default_rng(0).normal(size=(50, 3)))
    shown = []
    book.save(tmp_path / "book")
    export_index(tmp_path / "book", tmp_path / "index.json", progress=shown.append)
    assert sum(shown) == 50
    shown.clear()
    import_index(tmp_path / "index.json", tmp_path / "made", progress=shown.append)
    assert sum(shown) == size_of(tmp_path / "index.json") > 0
    assert size_of(tmp_path) == size_of(tmp_path / "none") == 0


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_is_passed_over(tmp_path, mark):
    assert len(to_book(mark + json.dumps({"images": rows()}), tmp_path)) == 4


KEYS_THAT_LEAVE = [
    *("../x", "a/../x", "a/..", "/etc/x", "C:\\x"),
    *("c:x", "\\\\host\\x", "\\x", "a\\..\\x"),
]


@pytest.mark.parametrize("key", KEYS_THAT_LEAVE)
def test_a_key_that_leaves_its_root_is_refused_both_ways(tmp_path, key):
    images = rows()
    images[3]["file"] = key
    with pytest.raises(AehashError, match=r"Row 3 of .*given.json .*leaves the folder"):
        to_book(json.dumps({"images": images}), tmp_path)
    Codebook.from_arrays(features=np.ones((2, 3)), keys=["a", key]).save(tmp_path / "book")
    with pytest.raises(AehashError, match=r"Row 1 of .*book .*leaves the folder"):
        export_index(tmp_path / "book", tmp_path / "index.json")
    assert {path.name for path in tmp_path.iterdir()} == {"given.json", "book"}


@pytest.mark.parametrize("key", ["..x", "a..b/c", "a\\b.jpg", "./a", "a//b", "train/7", "日本/\n"])
def test_a_key_that_stays_is_taken(tmp_path, key):
    assert to_book(json.dumps({"images": rows(1, file=key)}), tmp_path).key(0) == key


def test_features_that_are_not_finite_are_not_written(tmp_path):
    features = np.ones((5, 3), np.float32)
    for bad in (np.nan, np.inf):
        features[3, 1] = bad
        keys = np.array([b"a", b"b", b"c", b"d", b"e"])
        codes = np.zeros((5, 1), np.uint8)
        manifest = {"n": 5, "bits": 3, "classes": []}
        Codebook(codes, 3, keys, features, manifest=manifest).save(tmp_path / "book")
        with pytest.raises(AehashError, match=r"Row 3 of .*NaN or infinite"):
            export_index(tmp_path / "book", tmp_path / "index.json")
    assert not (tmp_path / "index.json").exists()


def test_only_an_index_is_replaced(tmp_path):
    Codebook.from_arrays(features=np.ones((2, 3))).save(tmp_path / "book")
    (tmp_path / "mine.json").write_text('{"my": "notes"}')
    for place in (tmp_path / "mine.json", tmp_path / "book", tmp_path / "book" / "codes.npy"):
        with pytest.raises(UsageError, match="is not a JSON index"):
            export_index(tmp_path / "book", place)
    assert (tmp_path / "mine.json").read_text() == '{"my": "notes"}'
    for _ in range(2):
        export_index(tmp_path / "book", tmp_path / "index.json")
    (tmp_path / "empty.json").touch()
    export_index(tmp_path / "book", tmp_path / "empty.json")


def test_a_failed_export_leaves_the_index_that_was_there(tmp_path, monkeypatch):
    Codebook.from_arrays(features=np.ones((2, 3))).save(tmp_path / "book")
    export_index(tmp_path / "book", tmp_path / "index.json")
    before = (tmp_path / "index.json").read_bytes()

    def full(features):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json_index_write, "row_texts", full)
    with pytest.raises(AehashError, match=r"No space left.*as it was"):
        export_index(tmp_path / "book", tmp_path / "index.json")
    assert (tmp_path / "index.json").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"book", "index.json"}


def test_a_long_fault_is_found_without_reading_to_the_end(tmp_path):
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += size
            start = b'{"images": [{"file": "' if self.given == size else b""
            return start + b"x" * (size - len(start))

    file = Endless()
    stream = json_index_stream.JsonStream(file, "endless")
    with pytest.raises(AehashError, match="Row 0 of endless is longer than"):
        for _ in stream.members():
            list(stream.elements())
    assert file.given < 4 * json_index_stream.LIMIT


def test_a_row_too_long_to_be_read_is_not_written(tmp_path, monkeypatch):
    features = np.ones((3, 40), np.float32)
    features[1] = np.float32(0.1234567)
    Codebook.from_arrays(features=features, keys=["a", "b", "c"]).save(tmp_path / "book")
    monkeypatch.setattr("aehash.json_index.writer.LIMIT", 300)
    with pytest.raises(AehashError, match=r"Row 1 of .* longer than 300 characters"):
        export_index(tmp_path / "book", tmp_path / "index.json")
    assert not (tmp_path / "index.json").exists()
