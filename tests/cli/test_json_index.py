"""``aehash codebook import|export`` with a JSON index: each wrong file is one sentence."""

import json
from pathlib import Path

import numpy as np
import pytest

from aehash.cli.main import run
from aehash.codebook import Codebook
from aehash.json_index.header import MEMBERS

RNG = np.random.default_rng(0)


@pytest.fixture
def aehash(capsys):
    """Run a command; gives its exit code, what it printed and what it said on stderr."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, error = capsys.readouterr()
        assert "Traceback" not in error
        return code, out, error

    return call


@pytest.fixture
def book(tmp_path):
    """A codebook that commands are to leave as it is."""
    made = Codebook.from_arrays(
        features=RNG.normal(size=(30, 11)),
        labels=np.arange(30) % 2,
        keys=[f"dir/{row}.jpg" for row in range(30)],
        classes=["mri", "oct"],
        source="/photos",
        split="all",
    )
    made.save(tmp_path / "book")
    return tmp_path / "book"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_out_and_in_again(aehash, book, tmp_path):
    index = tmp_path / "index.json"
    code, out, error = aehash("codebook", "export", book, "--format", "json", "--out", index)
    assert (code, error) == (0, "")
    assert out == f"{index}: 30 images, codes of 11 bits, with features and labels.\n"
    for number, given in enumerate([(index,), ("--format", "json", "--file", index)]):
        made = tmp_path / f"made{number}"
        code, out, error = aehash("codebook", "import", *given, "--out", made)
        assert (code, error) == (0, "")
        assert out == f"{made}: 30 codes of 11 bits, with features and labels.\n"
        assert contents(made) == contents(book)


def test_source_and_split_may_be_said(aehash, book, tmp_path):
    aehash("codebook", "export", book, "--out", tmp_path / "index.json")
    more = ("--source", "mine", "--split", "test")
    code, _, _ = aehash("codebook", "import", tmp_path / "index.json", *more, "--out", book)
    made = Codebook.load(book)
    assert (code, made.source, made.split) == (0, "mine", "test")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Give a JSON index (FILE.json), or codes"),
        (["--format", "json"], "--format json needs the index"),
        (["i.json", "--file", "j.json"], "not both"),
        (["i.json", "--codes", "c.npy"], "leave out --codes"),
        (["i.json", "--bits", "8", "--classes", "c.txt"], "leave out --bits, --classes"),
        (["i.json", "--format", "npy"], "by --codes"),
        (["codes.npy"], "by --codes"),
        (["none.json"], "none.json is missing"),
        (["--format", "csv", "i.csv"], "'csv' is not one of"),
    ],
)
def test_wrong_use(aehash, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    code, _, error = aehash("codebook", "import", *arguments, "--out", "book")
    assert code == 2
    assert sentence in error
    assert not list(tmp_path.iterdir())


HEAD = {"format": "aehash-index", "version": 1, "bits": 3, "dimensions": 3, "classes": ["mri"]}
IMAGE = {"label": "mri", "features": [0.5, -1.0, 2.0], "code": "a0"}
IMAGES = [{"file": f"{row}.jpg", **IMAGE} for row in range(6)]


def index(row=4, *, images=IMAGES, head=HEAD, **change):
    """Write an index with one row changed; a change to ... leaves the member out."""
    images = [dict(each) for each in images]
    images[row].update(change)
    images[row] = {key: value for key, value in images[row].items() if value is not ...}
    return json.dumps({**head, "images": images})


def headed(**change):
    return index(head={key: value for key, value in {**HEAD, **change}.items() if value is not ...})


GOOD = index()
MANY = [{**image, "label": ["mri"]} for image in IMAGES]
NO_CLASSES = {**HEAD, "classes": []}
BAD = {
    "empty": ("", "is empty"),
    "white space": (" \n", "is empty"),
    "an array": ("[]", "should hold a JSON object"),
    "text": ("hello", "should hold a JSON object"),
    "cut in a row": (GOOD[: GOOD.index("4.jpg") + 30], "cut short or damaged: it ends in row 4"),
    "cut in a name": (GOOD[: GOOD.index("4.jpg") + 3], "cut short or damaged: it ends in row 4"),
    "cut between rows": (GOOD[: GOOD.index('{"file": "4')], "it ends in row 4"),
    "cut at the end": (GOOD[:-1], "cut short"),
    "cut in the header": (GOOD[:30], "it ends in its header"),
    "no images": (json.dumps(HEAD), "has no 'images'"),
    "no row": (json.dumps({**HEAD, "images": []}), "has no images"),
    "more behind it": (GOOD + "{}", "goes on behind its end"),
    "two commas": (GOOD.replace('}, {"file": "4', '},, {"file": "4'), "Row 4"),
    "no comma": (GOOD.replace('}, {"file": "4', '} {"file": "4'), "Row 4"),
    "single quotes": (GOOD.replace('"', "'"), "is not JSON"),
    "not UTF-8": (GOOD.encode().replace(b"4.jpg", b"\xff.jpg"), "is not UTF-8 text"),
    "UTF-16": (GOOD.encode("utf-16"), "is not UTF-8 text"),
    "deep": (index().replace("2.0", "[" * 100_000, 1), "Row 0 of"),
    "NaN": (index(features=[1.0, float("nan"), 2.0]), "Row 4 of {} holds NaN"),
    "infinite": (index(features=[1.0, float("-inf"), 2.0]), "Row 4 of {} holds -Infinity"),
    "NaN alone": (index(features=float("nan")), "Row 4 of {} holds NaN"),
    "beyond float64": (GOOD.replace("2.0", "1e999"), "Row 0 of {} has a feature beyond float32"),
    "beyond float32": (index(features=[1, 1e39, 0]), "Row 4 of {} has a feature beyond float32"),
    "a huge whole number": (index(features=[1, 10**400, 0]), "Row 4 of {} has a feature beyond"),
    "a huger one": (GOOD.replace("2.0", "1" * 5000, 1), "Row 0 of {} holds a whole number"),
    "a short row": (index(features=[1.0, 2.0]), "Row 4 of {} has 2 features where"),
    "a long row": (index(features=[1.0] * 4), "Row 4 of {} has 4 features where"),
    "no features": (index(features=...), "Row 4 of {} has no row of features, and row 0 has one"),
    "features later": (index(0, features=...), "Row 1 of {} has a row of features, and row 0"),
    "a row unlike row 0": ('{"files": ["a", "b"], "features": [[1, 2], [3]]}', "where row 0 has 2"),
    "empty features": (index(features=[]), "Row 4 of {} should have an array of numbers"),
    "features as text": (index(features="0.5"), "Row 4 of {} should have an array of numbers"),
    "a feature as text": (index(features=[1.0, "2", 3]), "Row 4 of {} has '2' among its features"),
    "a feature true": (index(features=[1.0, True, 3]), "Row 4 of {} has True among"),
    "a feature null": (index(features=[1.0, None, 3]), "Row 4 of {} has None among"),
    "nested features": (index(features=[[1.0, 2.0, 3.0]]), "Row 4 of {} has [1.0"),
    "no label": (index(label=...), "Row 4 of {} has no label, and row 0 has one"),
    "null label": (index(label=None), "Row 4 of {} has no label, and row 0 has one"),
    "label later": (index(0, label=...), "Row 1 of {} has a label, and row 0 has none"),
    "an unknown label": (index(label="mir"), "'mir', which is not in the header's classes. Did"),
    "a fraction as label": (index(label=1.5), "Row 4 of {} has the label 1.5"),
    "a label true": (index(label=True), "Row 4 of {} has the label True"),
    "a number among names": (index(label=0), "Row 4 of {} has a class number as its label"),
    "a list among labels": (index(label=["mri"]), "Row 4 of {} has a list of labels, and row 0"),
    "one among lists": (index(images=MANY, label="mri"), "Row 4 of {} has one label, and row 0"),
    "a label twice": (index(images=MANY, label=["mri", "mri"]), "Row 4 of {} has a label twice"),
    "a class beyond": (index(0, label=7), "Row 0 of {} has the class number 7"),
    "a class far beyond": (index(0, head=NO_CLASSES, label=[10**9]), "class number 1000000000"),
    "a class below": (index(0, head=NO_CLASSES, label=[-1]), "Row 0 of {} has the class number -1"),
    "classes twice": (headed(classes=["mri", "mri"]), "stands twice in the header's classes"),
    "no file": (index(file=...), "Row 4 of {} has no file name"),
    "a file as number": (index(file=7), "Row 4 of {} has the file name 7, which is not text"),
    "an empty file name": (index(file=""), "Row 4 of {} has a file name that cannot be one"),
    "NUL in a name": (index(file="a\0b"), "Row 4 of {} has a file name that cannot be one"),
    "half a character": (index(file="\ud83d"), "Row 4 of {} has a file name that cannot be one"),
    "a long name": (index(file="x" * 5000), "Row 4 of {} has a file name of 5,000 bytes"),
    "a path out": (
        index(file="../4.jpg"),
        "Row 4 of {} has the file name '../4.jpg', which leaves",
    ),
    "a root": (index(file="/etc/passwd"), "Row 4 of {} has the file name '/etc/passwd', which"),
    "a drive": (index(file="C:\\4.jpg"), "Row 4 of {} has the file name"),
    "a file twice": (index(file="2.jpg"), "'2.jpg' stands in rows 2 and 4"),
    "no code": (index(code=...), "Row 4 of {} has no code, and row 0 has one"),
    "a short code": (index(code="a"), "Row 4 of {} has the code 'a', and 3 bits are 2 hex"),
    "a long code": (headed(bits=9), "Row 0 of {} has the code 'a0', and 9 bits are 4 hex"),
    "no hexadecimal": (index(code="xy"), "Row 4 of {} has the code 'xy', which is not hexa"),
    "blanks in a code": (index(code="  "), "Row 4 of {} has the code '  ', which is not hexa"),
    "bits beyond": (index(code="a1"), "Row 4 of {} has a code with bits set beyond its 3"),
    "a code as number": (index(code=160), "Row 4 of {} has the code 160"),
    "codes without bits": (headed(bits=...), "Row 0 of {} has a code, and the header does not say"),
    "no member": (index(lable="mri"), "Row 4 of {} has 'lable', which means nothing here. Did"),
    "no object": (GOOD.replace('{"file": "4', '7, {"file": "4'), "Row 4 of {} is no object"),
    "a later version": (headed(version=2), "is of version 2, and this aehash reads version 1"),
    "another format": (headed(format="coco"), "is of format 'coco'"),
    "bits as text": (headed(bits="3"), "'bits' of {} should be a whole number"),
    "no bits": (headed(bits=0), "'bits' of {} should be a whole number from 1"),
    "too many bits": (headed(bits=70_000), "'bits' of {} should be a whole number from 1"),
    "other dimensions": (
        headed(dimensions=4),
        "Row 0 of {} has 3 features where the header says 4",
    ),
    "classes as text": (headed(classes="mri"), "'classes' of {} should be an array of names"),
    "source as number": (headed(source=7), "'source' of {} should be text"),
    "more as list": (headed(more=[]), "'more' of {} should be an object"),
    "more of its own": (headed(more={"n": 3}), "'more' of {} has 'n'"),
    "an unknown member": (headed(sorce="x"), "has 'sorce', which means nothing here. Did you mean"),
    "a member twice": ('{"bits": 3, "bits": 4, ' + GOOD[1:], "has 'bits' twice"),
    "a member of an image twice": (
        GOOD.replace('{"file": "4.jpg"', '{"file": "x.jpg", "file": "4.jpg"'),
        "Row 4 of {} has 'file' twice",
    ),
    "images twice": (GOOD[:-1] + ', "images": [{"file": "a"}]}', "has 'images' twice"),
    "half a character as label": (
        index(0, head=NO_CLASSES, label="\ud83d"),
        "Row 0 of {} has the label '\\ud83d', which is not text",
    ),
    "half a character as class": (headed(classes=["mri", "\ud83d"]), "'classes' of {} has text"),
    "half a character in more": (headed(more={"x": ["\ud83d"]}), "'more' of {} has text"),
    "a header behind": (GOOD[:-1] + ', "source": "x"}', "'source' stands behind the images"),
    "images as object": (json.dumps({**HEAD, "images": {}}), "should have an array here"),
    "uneven arrays": ('{"files": ["a", "b"], "labels": [0]}', "has 2 files and 1 labels"),
    "names alone": ('{"files": ["a", "b"]}', "has neither features nor codes"),
    "features alone": ('{"features": [[1, 2]]}', "has no images"),
    "bits that are not there": (
        json.dumps({"bits": 9, "files": ["a"], "features": [[1, 2]]}),
        "says 9 bits, and its images have 2 features and no codes",
    ),
    "dimensions that are not there": (
        json.dumps({"bits": 8, "dimensions": 9, "files": ["a"], "codes": ["ff"]}),
        "says 9 dimensions, and its images have no features",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_index_is_a_sentence_and_changes_nothing(aehash, book, tmp_path, name):
    text, sentence = BAD[name]
    file = tmp_path / "index.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    before = contents(book)
    code, out, error = aehash("codebook", "import", file, "--out", book)
    assert (code, out) == (1, "")
    assert sentence.replace("{}", str(file)) in error
    assert error.startswith("Error: ")
    assert len(error.splitlines()) == 1
    assert error.endswith((".\n", "?\n"))
    assert contents(book) == before
    assert {path.name for path in tmp_path.iterdir()} == {"book", "index.json"}


def test_the_rows_before_the_change_are_good(aehash, tmp_path):
    for text in (GOOD, index(images=MANY), index(0, head=NO_CLASSES)):
        (tmp_path / "index.json").write_text(text)
        assert (
            aehash("codebook", "import", tmp_path / "index.json", "--out", tmp_path / "b")[0] == 0
        )


def test_a_damaged_codebook_leaves_the_index(aehash, book, tmp_path):
    file = tmp_path / "index.json"
    aehash("codebook", "export", book, "--out", file)
    before = file.read_bytes()
    (book / "features.npy").write_bytes((book / "features.npy").read_bytes()[:-1])
    code, _, error = aehash("codebook", "export", book, "--out", file)
    assert code == 1
    assert "features.npy has" in error
    assert file.read_bytes() == before
    code, _, error = aehash("codebook", "export", tmp_path / "none", "--out", file)
    assert "holds no codebook" in error


def test_an_index_inside_the_codebook_it_would_replace_is_kept(aehash, book):
    aehash("codebook", "export", book, "--out", book / "index.json")
    code, _, error = aehash("codebook", "import", book / "index.json", "--out", book)
    assert (code, "which is replaced with all that is in it" in error) == (2, True)
    assert (book / "index.json").is_file()
    code, _, error = aehash("codebook", "import", book / "index.json", "--out", book / "index.json")
    assert (code, "index.json exists and is not a codebook" in error) == (2, True)
    assert (book / "index.json").is_file()


def test_a_read_error_is_said(aehash, tmp_path):
    code, _, error = aehash("codebook", "import", tmp_path, "--out", tmp_path / "book")
    assert (code, error) == (1, f"Error: {tmp_path} cannot be read (Is a directory).\n")


def test_the_page_names_every_member():
    page = (Path(__file__).resolve().parents[2] / "docs" / "json-index.md").read_text("utf-8")
    for member in (*MEMBERS, "images", "file", "label", "features", "code"):
        assert f"`{member}`" in page, member


def test_codes_of_their_own_are_said(aehash, tmp_path):
    (tmp_path / "index.json").write_text(index(code="40"))
    code, _, error = aehash("codebook", "import", tmp_path / "index.json", "--out", tmp_path / "b")
    assert code == 0
    assert "WARNING: 1 of 6 codes" in error
    assert "first in row 4" in error
