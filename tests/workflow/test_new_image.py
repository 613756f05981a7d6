"""A new image is hashed as the codebook's own were, whatever its stages."""

import numpy as np
import pytest
from click.testing import CliRunner
from photo_run import describing_run
from PIL import Image

from aehash import workflow
from aehash.cli.codebook import codebook
from aehash.codebook import Codebook
from aehash.codebook.files import MANIFEST
from aehash.codebook.stages import stages_text
from aehash.errors import AehashError
from aehash.extraction import extract
from aehash.files import read_json, write_json
from aehash.registry import open_dataset
from aehash.workflow.new_image import hash_image
from aehash.workflow.pixels import pixels_book

pytestmark = pytest.mark.training


def stage(command, book, out, *options):
    arguments = [command, str(book), "--out", str(out), *map(str, options)]
    result = CliRunner().invoke(codebook, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="module")
def whitened(photos):
    settings = ["describe.whitening=pca", "describe.dimensions=16"]
    return describing_run(photos, photos.parent / "white", *settings)


@pytest.fixture(scope="module")
def books(described, whitened, tmp_path_factory):
    """Make one codebook of each kind, and say how its image is asked for."""
    root = tmp_path_factory.mktemp("books")
    plain = workflow.extract(described.path, splits=["all"], out=root / "plain").folder / "all"
    one = workflow.extract(described.path, splits=["all"], out=root / "one", scales=[1])
    own = workflow.extract(whitened.path, splits=["all"], out=root / "own").folder / "all"
    white = stage("whiten", plain, root / "white", "--dimensions", 12)
    return {
        "plain": (plain, described),
        "one scale": (one.folder / "all", described),
        "snapshot's whitening": (own, whitened),
        "whiten": (white, described),
        "binarise": (stage("binarise", plain, root / "itq", "--bits", 10), described),
        "whiten, binarise": (stage("binarise", white, root / "two", "--bits", 8), described),
        "one scale, whiten": (
            stage("whiten", one.folder / "all", root / "onewhite", "--dimensions", 9),
            described,
        ),
        "own, binarise": (stage("binarise", own, root / "ownitq", "--bits", 8), whitened),
    }


KINDS = [
    "plain",
    "one scale",
    "snapshot's whitening",
    "whiten",
    "binarise",
    "whiten, binarise",
    "one scale, whiten",
    "own, binarise",
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_of_the_codebook_finds_itself(books, photos, kind):
    folder, snapshot = books[kind]
    book = Codebook.load(folder)
    runs = snapshot.path.parent
    for row in (0, 29):
        query = str(photos / book.key(row))
        found = workflow.search(query, codes=folder, runs=runs, top=30)
        distances = {hit.key: hit.distance for hit in found.hits}
        assert distances[book.key(row)] == 0
        np.testing.assert_allclose(found.query.feature, book.features[row], atol=1e-5)
    near = workflow.search(query, codes=folder, runs=runs, top=1, metric="euclidean")
    assert near.hits[0].key == book.key(row)
    assert near.hits[0].distance == pytest.approx(0, abs=1e-3)
    assert kind in ("plain", "one scale") or len(set(distances.values())) > 1


def test_an_autoencoders_image_is_binarised_too(trained, extracted, tmp_path):
    book = Codebook.load(extracted / "train")
    digits = workflow.run_dataset(trained.snapshot)
    folder = stage("binarise", extracted / "train", tmp_path / "itq", "--bits", 12)
    for key in (book.key(0), book.key(50)):
        row = int(np.flatnonzero(digits.keys == key.encode())[0])
        Image.fromarray(digits.read(row)[..., 0]).save(tmp_path / "digit.png")
        found = workflow.search(
            str(tmp_path / "digit.png"), codes=folder, runs=trained.root / "runs", top=96
        )
        assert {hit.key: hit.distance for hit in found.hits}[key] == 0


def test_codes_of_pixels_are_made_of_a_new_images_pixels(photos, tmp_path):
    dataset = open_dataset(str(photos))
    pixels = pixels_book(dataset, "all", image_size=8, channels=1)
    pixels.save(tmp_path / "pixels")
    folder = stage("binarise", tmp_path / "pixels", tmp_path / "itq", "--bits", 9)
    key = pixels.key(4)
    found = workflow.search(str(photos / key), codes=folder, runs=tmp_path, top=30)
    assert {hit.key: hit.distance for hit in found.hits}[key] == 0
    np.testing.assert_array_equal(found.query.feature, pixels.features[4])
    assert stages_text(Codebook.load(folder).manifest).startswith("pixels (image_size 8), binari")


def test_stages_that_are_lost_or_another_are_sentences(books, photos, tmp_path):
    folder, snapshot = books["whiten"]
    book = Codebook.load(folder)
    runs = snapshot.path.parent
    photo = photos / book.key(0)

    def hashed(folder):
        return hash_image("photo", photo, 1, folder, Codebook.load(folder), runs)

    book.save(tmp_path / "copy")
    np.testing.assert_array_equal(hashed(tmp_path / "copy").code, book.codes[0])
    file = tmp_path / "copy" / "stage-1-whitening.npz"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"x")
    with pytest.raises(AehashError, match=r"stage-1-whitening\.npz is not the file its manifest"):
        hashed(tmp_path / "copy")
    file.unlink()
    with pytest.raises(AehashError, match=r"stage-1-whitening\.npz is missing, though"):
        hashed(tmp_path / "copy")
    manifest = read_json(tmp_path / "copy" / MANIFEST)
    del manifest["files"]["stage-1-whitening.npz"]
    write_json(tmp_path / "copy" / MANIFEST, manifest)
    with pytest.raises(AehashError, match="does not keep what its stage 'whitening' has learned"):
        hashed(tmp_path / "copy")
    manifest["stages"][0]["file"] = "../whiten/stage-1-whitening.npz"
    write_json(tmp_path / "copy" / MANIFEST, manifest)
    with pytest.raises(AehashError, match="does not keep what its stage"):
        hashed(tmp_path / "copy")
    manifest["files"]["../secret"] = {"bytes": 1, "sha256": ""}
    write_json(tmp_path / "copy" / MANIFEST, manifest)
    with pytest.raises(AehashError, match=r"lists '\.\./secret', which is no file of it"):
        Codebook.load(tmp_path / "copy")


def test_codebooks_of_other_stages_beside_it_are_not_asked(books):
    folder, snapshot = books["whiten"]
    key = Codebook.load(folder).key(3)
    found = workflow.search(key, codes=folder, runs=snapshot.path.parent)
    assert found.hits[0].key == key


def test_an_image_without_a_descriptor_is_named(books, tmp_path):
    folder, snapshot = books["plain"]
    Image.new("RGB", (40, 40)).save(tmp_path / "black.png")
    with pytest.raises(AehashError, match=r"black\.png cannot be described: gives a zero vector"):
        workflow.search(str(tmp_path / "black.png"), codes=folder, runs=snapshot.path.parent)


def test_features_of_another_layer_are_those_of_a_new_image_too(trained, tmp_path):
    dataset = open_dataset(str(trained.data))
    folder = trained.root / "runs" / "layer"
    extract(trained.snapshot, dataset, "all", folder, layer="encoder_dense_1")
    Image.fromarray(dataset.read(3)[..., 0]).save(tmp_path / "three.png")
    book = Codebook.load(folder)
    found = hash_image("three.png", tmp_path / "three.png", 1, folder, book, trained.root / "runs")
    np.testing.assert_allclose(found.feature, book.features[3], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found.code, book.codes[3])
