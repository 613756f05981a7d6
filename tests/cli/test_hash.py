import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.datasets import load_digits

from aehash.cli.codebook import codebook
from aehash.cli.hash import _METHODS, hash
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.hashing import METHODS, Binariser, fit_binariser
from aehash.metrics import evaluate


def call(*arguments, group=hash):
    result = CliRunner().invoke(group, [str(each) for each in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def books(tmp_path):
    """Save digits as two codebooks of one training, and their features as an array."""
    features, labels = load_digits(return_X_y=True)
    rows = (features - 8).astype(np.float32)
    for split, part in (("train", slice(0, 1500)), ("test", slice(1500, None))):
        Codebook.from_arrays(
            features=rows[part], labels=labels[part], source="digits", split=split, snapshot="a1"
        ).save(tmp_path / split)
    np.save(tmp_path / "rows.npy", rows)
    return tmp_path


def test_the_methods_are_the_librarys():
    assert _METHODS == METHODS


@pytest.mark.parametrize("method", METHODS)
def test_what_is_learned_on_one_codebook_is_given_to_another(books, method):
    train, test, stage = books / "train", books / "test", books / "stage.npz"
    bits = [] if method == "sign" else ["--bits", 20]
    said = call("fit", method, "--features", train, *bits, "--seed", 4, "--save", stage)
    made = Binariser.load(stage)
    assert said == f"{made.summary}\n{stage}\n"
    assert made.facts["of"] == "a1"
    said = call("apply", stage, "--features", test, "--out", books / "out")
    assert said == f"{books / 'out'}: 297 codes of {made.bits} bits.\n"
    book, before = Codebook.load(books / "out"), Codebook.load(test)
    expected = fit_binariser(
        Codebook.load(train).features, method, None if method == "sign" else 20, seed=4
    )
    np.testing.assert_array_equal(book.codes, expected.packed(before.features))
    np.testing.assert_array_equal(book.features, before.features)
    np.testing.assert_array_equal(book.labels, before.labels)
    stages = book.manifest["stages"]
    assert (stages[0]["method"], stages[0]["of"]) == (method, "a1")
    assert stages[0]["digest"] == made.digest and book.snapshot != "a1"


def test_binarise_takes_what_fit_saved_and_gives_the_same(books):
    stage = books / "stage.npz"
    call("fit", "itq", "--features", books / "train", "--bits", 20, "--save", stage)
    call("apply", stage, "--features", books / "test", "--out", books / "one")
    call("binarise", books / "test", "--stage", stage, "--out", books / "two", group=codebook)
    one, two = Codebook.load(books / "one"), Codebook.load(books / "two")
    assert one.snapshot == two.snapshot
    np.testing.assert_array_equal(one.codes, two.codes)


def test_pixels_of_a_data_set_become_codebooks_that_can_be_judged(tmp_path):
    stage = tmp_path / "itq.npz"
    said = call("fit", "itq", "--pixels", "digits", "--bits", 32, "--save", stage)
    assert said.startswith("itq of 64 features to 32 bits, from ")
    for split in ("train", "test"):
        call("apply", stage, "--pixels", "digits", "--split", split, "--out", tmp_path / split)
    train, test = Codebook.load(tmp_path / "train"), Codebook.load(tmp_path / "test")
    assert (train.source, train.split, test.split) == ("digits", "train", "test")
    assert train.features is None
    assert [each["name"] for each in train.manifest["stages"]] == ["pixels", "binariser"]
    found = evaluate(train, test, ks=(10,))
    assert found.metrics["precision@10"] > 0.85
    call("apply", stage, "--pixels", "digits", "--keep-pixels", "--out", tmp_path / "kept")
    kept = Codebook.load(tmp_path / "kept")
    assert kept.features.shape == (len(train), 64) and kept.features.dtype == np.float32
    np.testing.assert_array_equal(kept.codes, train.codes)


def test_an_array_can_be_learned_from_and_hashed(books):
    stage, rows = books / "stage.npz", books / "rows.npy"
    call("fit", "lsh", "--features", rows, "--bits", 128, "--save", stage)
    assert "of" not in Binariser.load(stage).facts
    call("apply", stage, "--features", rows, "--out", books / "out")
    book = Codebook.load(books / "out")
    np.testing.assert_array_equal(book.codes, Binariser.load(stage).packed(np.load(rows)))
    assert book.labels is None and book.key(3) == "3"


def test_wrong_use_is_refused(books):
    stage, train, out = books / "stage.npz", books / "train", books / "out"
    fit = ("fit", "itq", "--bits", 8, "--save", stage)
    for given in ((), ("--features", train, "--pixels", "digits")):
        with pytest.raises(UsageError, match=r"Give either --features .* or --pixels"):
            call(*fit, *given)
    with pytest.raises(UsageError, match="--split, --channels: of a data set, given by --pixels"):
        call(*fit, "--features", train, "--split", "test", "--channels", 1)
    with pytest.raises(UsageError, match="itq needs a number of bits"):
        call("fit", "itq", "--features", train, "--save", stage)
    with pytest.raises(AehashError, match=r"cannot be read as .npy features"):
        call(*fit, "--features", books / "none.npy")
    Codebook.from_arrays(np.eye(8, dtype=bool)).save(books / "bare")
    with pytest.raises(UsageError, match="bare has no features to hash"):
        call(*fit, "--features", books / "bare")
    assert not stage.exists()
    call(*fit, "--features", train)
    Codebook.from_arrays(features=np.eye(64), snapshot="b2").save(books / "other")
    with pytest.raises(UsageError, match="another training, stage or image size"):
        call("apply", stage, "--features", books / "other", "--out", out)
    with pytest.raises(UsageError, match="is the codebook that is read"):
        call("apply", stage, "--features", train, "--out", train)
    with pytest.raises(UsageError, match="--keep-pixels goes with --pixels"):
        call("apply", stage, "--features", train, "--keep-pixels", "--out", out)
    with pytest.raises(AehashError, match="is missing"):
        call("apply", books / "x.npz", "--features", train, "--out", out)
    assert not out.exists()
