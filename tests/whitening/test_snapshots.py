"""The whitening at the end of a snapshot: learned on training images, applied by extraction."""

import json

import numpy as np
import pytest
from photo_run import describing_run

from aehash import workflow
from aehash.codebook import Codebook
from aehash.descriptors import describe
from aehash.errors import AehashError, UsageError
from aehash.snapshot import RUN, WHITENING, Snapshot
from aehash.whitening import learn_whitening, pca_whitening

pytestmark = pytest.mark.training


def own_descriptors(snapshot):
    dataset = workflow.run_dataset(snapshot)
    rows = dataset.training_rows()
    return describe(snapshot.model(), dataset, rows, longest=48, scales=[1, 0.5]), dataset, rows


def test_pca_is_learned_on_the_training_images(photos, tmp_path):
    lines = []
    settings = ["describe.whitening=pca", "describe.dimensions=6", "describe.power=0.5"]
    snapshot = describing_run(photos, tmp_path, *settings, say=lines.append)
    features, dataset, rows = own_descriptors(snapshot)
    own = pca_whitening(features, 6, power=0.5)
    found = snapshot.whitening()
    np.testing.assert_allclose(found.apply(features), own.apply(features), atol=1e-4)
    about = snapshot.info["whitening"]
    assert (about["kind"], about["dimensions"], about["images"]) == ("pca", 6, len(rows))
    assert about["digest"] == found.digest
    assert any(line.startswith("whiten PCA whitening (power 0.5) of 128") for line in lines)
    made = workflow.extract(snapshot.path, splits=["all"], say=lines.append)
    book = Codebook.load(made.folder / "all")
    whole = describe(snapshot.model(), dataset, longest=48, scales=[1, 0.5])
    np.testing.assert_allclose(book.features, found.apply(whole), atol=1e-4)
    assert book.bits == 6
    assert book.manifest["whitening"] == found.digest
    assert book.snapshot == snapshot.digest
    assert not any("say nothing" in line for line in lines)


def test_learned_takes_all_pairs_of_one_cluster(photos, tmp_path):
    lines = []
    snapshot = describing_run(photos, tmp_path, "describe.whitening=learned", say=lines.append)
    features, dataset, rows = own_descriptors(snapshot)
    labels = dataset.labels[rows]
    pairs = np.argwhere(np.triu(labels[:, None] == labels, 1))
    own = learn_whitening(features, pairs)
    found = snapshot.whitening()
    assert found.dimensions <= len(rows) - 1
    assert found.facts["pairs"] == len(pairs) == snapshot.info["whitening"]["matching_pairs"]
    assert found.facts["shrinkage"] == pytest.approx(own.facts["shrinkage"], rel=1e-3)
    (line,) = [line for line in lines if line.startswith("whiten")]
    assert "covariance was shrunk" in line
    assert f"On {len(rows)} training images and all {len(pairs)} matching pairs" in line


def test_fewer_dimensions_than_asked_for_are_said(photos, tmp_path):
    settings = ["describe.whitening=pca", "describe.dimensions=100"]
    snapshot = describing_run(photos, tmp_path, *settings)
    about = snapshot.info["whitening"]
    assert snapshot.whitening().dimensions == about["dimensions"] < 30
    assert "Of the 100 dimensions asked for there are no more" in about["summary"]
    plain = describing_run(photos, tmp_path, "describe.whitening=pca", "describe.dimensions=3")
    assert "asked for" not in plain.info["whitening"]["summary"]


def test_of_many_images_some_are_drawn_with_their_matches(photos, tmp_path):
    settings = ["describe.whitening=learned", "siamese.pool=12", "describe.dimensions=4"]
    one = describing_run(photos, tmp_path, *settings)
    other = describing_run(photos, tmp_path, *settings)
    about = one.info["whitening"]
    assert 6 <= about["images"] <= 12
    assert about["matching_pairs"] >= 3
    assert f"On {about['images']} drawn training images" in about["summary"]
    assert other.info["whitening"]["digest"] == about["digest"]
    third = describing_run(photos, tmp_path, *settings, "train.seed=5")
    assert third.info["whitening"]["digest"] != about["digest"]


def test_the_runs_digest_depends_on_it(photos, described, tmp_path):
    snapshot = describing_run(photos, tmp_path, "describe.whitening=pca")
    assert described.info["whitening"] is None
    assert described.whitening() is None
    assert snapshot.info["weights_digest"] == described.info["weights_digest"]
    assert snapshot.digest != described.digest
    (snapshot.path / WHITENING).unlink()
    with pytest.raises(AehashError, match=r"whitening\.npz is missing"):
        snapshot.whitening()
    pca_whitening(np.eye(5)).save(snapshot.path / WHITENING)
    with pytest.raises(AehashError, match="is not the whitening that"):
        workflow.extract(snapshot.path)


def test_what_cannot_be_learned_is_refused_before_a_folder_is_made(photos, tmp_path):
    for settings, sentence in [
        (["describe.whitening=pca", "describe.dimensions=129"], "has 128 values"),
        (
            ["model.name=vinitha2021", "model.options={}", "describe.whitening=pca"],
            "is an autoencoder",
        ),
    ]:
        with pytest.raises(UsageError, match=sentence):
            describing_run(photos, tmp_path / "runs", *settings)
    for number, photo in enumerate(sorted(photos.glob("*/*.png"))[:12]):
        (tmp_path / "photos" / f"{number}").mkdir(parents=True)
        (tmp_path / "photos" / f"{number}" / photo.name).write_bytes(photo.read_bytes())
    with pytest.raises(UsageError, match="no matching pair to learn from"):
        describing_run(tmp_path / "photos", tmp_path / "runs", "describe.whitening=learned")
    assert not (tmp_path / "runs").exists()


def test_an_unreadable_training_image_is_left_out_and_listed(photos, tmp_path):
    copies = tmp_path / "photos"
    for photo in sorted(photos.glob("*/*.png")):
        (copies / photo.parent.name).mkdir(parents=True, exist_ok=True)
        (copies / photo.parent.name / photo.name).write_bytes(photo.read_bytes())
    plain = describing_run(copies, tmp_path / "runs")
    dataset = workflow.run_dataset(plain)
    key = dataset.key(int(dataset.training_rows()[3]))
    (copies / key).write_bytes(b"no image")
    snapshot = describing_run(copies, tmp_path / "runs", "describe.whitening=pca")
    assert snapshot.info["whitening"]["images"] == len(dataset.training_rows()) - 1
    assert "drawn" not in snapshot.info["whitening"]["summary"]
    assert snapshot.info["skipped_images"] == 1
    assert key in (snapshot.path / "skipped.csv").read_text()
    assert json.loads((snapshot.path / RUN).read_text())["digest"] == snapshot.digest
    assert Snapshot.load(snapshot.path).whitening().dimensions > 1
