import json

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.datasets import load_digits

from aehash.cli.codebook import codebook
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.hashing import Binariser
from aehash.metrics.pairs import check_pair
from aehash.metrics.protocol import Protocol
from aehash.whitening import Whitening, learn_whitening, pca_whitening
from aehash.workflow.hashing import learn


@pytest.fixture
def books(tmp_path):
    """Save digits as two codebooks, and matching pairs of the first as a CSV."""
    features, labels = load_digits(return_X_y=True)
    rows = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    for split, part in (("train", slice(0, 1500)), ("test", slice(1500, None))):
        Codebook.from_arrays(
            features=rows[part], labels=labels[part], source="digits", split=split, snapshot="a1"
        ).save(tmp_path / split)
    order = np.argsort(labels[:1500], kind="stable")
    pairs = np.stack([order[:-1], order[1:]], axis=1)
    pairs = pairs[labels[pairs[:, 0]] == labels[pairs[:, 1]]]
    lines = [f"train/{one},train/{other}\n" for one, other in pairs]
    (tmp_path / "pairs.csv").write_text("first,second\n" + "".join(lines))
    np.save(tmp_path / "pairs.npy", pairs)
    return tmp_path


def call(*arguments):
    result = CliRunner().invoke(codebook, [str(each) for each in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_whitening_by_pairs_learned_on_one_codebook_is_applied_to_others(books):
    train, test, out = books / "train", books / "test", books / "white"
    said = call(
        "whiten", train, "--pairs", books / "pairs.csv", "--dimensions", 24, "--out", out,
        "--save", books / "stage.npz",
    )  # fmt: skip
    assert said.splitlines() == [
        "Learned whitening of 64 dimensions to 24, from 1,490 matching pairs.",
        f"{out}: 1,500 codes of 24 bits.",
    ]
    book, before = Codebook.load(out), Codebook.load(train)
    made = learn_whitening(before.features, np.load(books / "pairs.npy"), 24)
    np.testing.assert_array_equal(book.features, made.apply(before.features))
    np.testing.assert_array_equal(book.codes, np.packbits(book.features > 0, axis=1))
    np.testing.assert_array_equal(book.keys, before.keys)
    np.testing.assert_array_equal(book.labels, before.labels)
    assert (book.source, book.split) == ("digits", "train")
    saved = Whitening.load(books / "stage.npz")
    assert book.manifest["stages"] == [
        {"name": "whitening", "method": "learned", "dimensions": 24, "digest": saved.digest,
         "of": "a1", "file": "stage-1-whitening.npz"}
    ]  # fmt: skip
    assert Whitening.load(out / "stage-1-whitening.npz").digest == saved.digest

    call("whiten", test, "--stage", books / "stage.npz", "--out", books / "white-test")
    queries = Codebook.load(books / "white-test")
    assert queries.snapshot == book.snapshot != "a1"
    check_pair(book, queries, Protocol())


def test_codes_of_another_stage_are_refused(books):
    call("binarise", books / "test", "--method", "sign", "--out", books / "sign")
    with pytest.raises(UsageError, match="two different trainings"):
        check_pair(Codebook.load(books / "train"), Codebook.load(books / "sign"), Protocol())


def test_pca_is_the_default_without_pairs(books):
    out = books / "white"
    said = call("whiten", books / "test", "--fit", books / "train", "--dimensions", 9, "--out", out)
    assert "PCA whitening (power 1) of 64 dimensions to 9, from 1,500 rows." in said
    made = pca_whitening(Codebook.load(books / "train").features, 9)
    expected = made.apply(Codebook.load(books / "test").features)
    np.testing.assert_array_equal(Codebook.load(out).features, expected)


def test_few_pairs_are_shrunk_and_it_is_said(books):
    lines = (books / "pairs.csv").read_text().splitlines()[:31]
    (books / "few.csv").write_text("\n".join(lines))
    arguments = ("whiten", books / "train", "--pairs", books / "few.csv", "--out", books / "white")
    assert "(Ledoit-Wolf: 30 pairs for 61 directions)" in call(*arguments)
    assert "was shrunk by 0.5 towards" in call(*arguments, "--shrinkage", 0.5)
    with pytest.raises(AehashError, match="30 matching pairs is singular"):
        call(*arguments, "--shrinkage", 0)


def test_codes_learned_on_one_codebook_are_given_to_others(books):
    for split in ("train", "test"):
        said = call(
            "binarise", books / split, "--fit", books / "train", "--bits", 20, "--out",
            books / f"itq-{split}",
        )  # fmt: skip
        assert said.startswith("itq of 64 features to 20 bits, from 1,500 rows.\n")
    train, test = (Codebook.load(books / f"itq-{split}") for split in ("train", "test"))
    check_pair(train, test, Protocol())
    before = Codebook.load(books / "test")
    made = learn(Codebook.load(books / "train"), "itq", 20)
    np.testing.assert_array_equal(test.codes, made.packed(before.features))
    np.testing.assert_array_equal(test.features, before.features)
    assert test.manifest["stages"][0]["digest"] == made.digest


def test_stages_follow_each_other(books):
    call("whiten", books / "train", "--dimensions", 30, "--out", books / "white")
    call("binarise", books / "white", "--method", "sign", "--out", books / "sign",
         "--save", books / "sign.npz")  # fmt: skip
    call("binarise", books / "white", "--stage", books / "sign.npz", "--out", books / "again")
    book = Codebook.load(books / "sign")
    assert [each["name"] for each in book.manifest["stages"]] == ["whitening", "binariser"]
    assert book.snapshot == Codebook.load(books / "again").snapshot
    assert Binariser.load(books / "sign.npz").bits == book.bits == 30
    shown = json.loads(call("info", books / "sign", "--format", "json"))
    assert shown["snapshot"] == book.snapshot


def test_books_that_do_not_fit_are_refused(books):
    train, out = books / "train", books / "out"
    Codebook.from_arrays(np.eye(8, dtype=bool)).save(books / "bare")
    Codebook.from_arrays(features=np.eye(8), snapshot="b2").save(books / "other")
    for name in ("whiten", "binarise"):
        with pytest.raises(UsageError, match="bare has no features"):
            call(name, books / "bare", "--out", out)
        with pytest.raises(UsageError, match="two different trainings"):
            call(name, train, "--fit", books / "other", "--out", out)
        with pytest.raises(UsageError, match="is the codebook that is read"):
            call(name, train, "--out", train)
        with pytest.raises(UsageError, match="learned already: leave out --fit"):
            call(name, train, "--fit", train, "--stage", "x.npz", "--out", out)
        with pytest.raises(AehashError, match="is missing"):
            call(name, train, "--stage", books / "x.npz", "--out", out)
    with pytest.raises(UsageError, match="itq needs a number of bits"):
        call("binarise", train, "--out", out)
    with pytest.raises(UsageError, match="--kind learned needs matching pairs"):
        call("whiten", train, "--kind", "learned", "--out", out)
    with pytest.raises(UsageError, match="leave out --pairs"):
        call("whiten", train, "--kind", "pca", "--pairs", books / "pairs.csv", "--out", out)
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train/0\n", "line 1: a pair is two keys, key,key; there are 1"),
        ("train/0,train/1,1\n", "there are 3"),
        ("train/0,train/1\n\ntrain/2,train/9999\n", "line 3: .* has the key 'train/9999'"),
        ("first,second\n", "pairs must be two or more, and there is 0"),
        ("train/0,train/1\ntrain/2,train/2\n", "row 2 with itself"),
        (b"\xff\xfe,\x00", "cannot be read as UTF-8 CSV"),
        (None, "cannot be read as UTF-8 CSV"),
    ],
)
def test_pairs_that_cannot_be_are_refused(books, text, said):
    path = books / "wrong.csv"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(AehashError, match=said):
        call("whiten", books / "train", "--pairs", path, "--out", books / "out")
    assert not (books / "out").exists()


def test_stages_are_shown_and_kept_by_json_without_what_they_learned(books, monkeypatch):
    monkeypatch.chdir(books)
    train, out = books / "train", books / "white"
    call("whiten", train, "--dimensions", 9, "--out", out)
    lines = [line.split("  ", 1) for line in call("info", out).splitlines() if "  " in line]
    said = {name: value.strip() for name, value in lines}
    assert said["stages"] == "whitening (pca, dimensions 9)"
    call("export", out, "--out", books / "white.json")
    call("import", books / "white.json", "--out", books / "again")
    book, again = Codebook.load(out), Codebook.load(books / "again")
    assert again.manifest["stages"] == book.manifest["stages"]
    assert again.snapshot == book.snapshot
    assert not again.further
    assert list(book.further) == ["stage-1-whitening.npz"]
    call("binarise", out, "--bits", 5, "--out", books / "two")
    stages = json.loads(call("info", books / "two", "--format", "json"))["stages"]
    assert stages == "whitening (pca, dimensions 9), binariser (itq, bits 5)"
    assert list(Codebook.load(books / "two").further) == [
        "stage-1-whitening.npz",
        "stage-2-binariser.npz",
    ]


def test_codes_of_unknown_origin_are_refused_against_those_of_a_stage(books):
    call("whiten", books / "train", "--dimensions", 9, "--out", books / "white")
    white = Codebook.load(books / "white")
    unknown = Codebook.from_arrays(np.ones((3, 9), int), keys=["a", "b", "c"])
    for pair in ((white, unknown), (unknown, white)):
        with pytest.raises(UsageError, match="do not say where they come from"):
            check_pair(*pair, Protocol())
    check_pair(unknown, unknown, Protocol())
