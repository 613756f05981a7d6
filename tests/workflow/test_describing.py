"""From a snapshot whose net only describes to codebooks."""

import csv

import numpy as np
import pytest
from photo_run import write_photos

from aehash import descriptor_net, extraction, workflow
from aehash.cli.main import run
from aehash.codebook import Codebook
from aehash.descriptors import describe
from aehash.errors import AehashError, UsageError
from aehash.registry import open_dataset

pytestmark = pytest.mark.training


def test_features_are_the_descriptors_of_the_recipes_scales(described):
    lines = []
    made = workflow.extract(described.path, splits=["all"], say=lines.append)
    book = Codebook.load(made.folder / "all")
    dataset = workflow.run_dataset(described)
    own = describe(described.model(), dataset, longest=48, scales=[1, 0.5])
    np.testing.assert_allclose(book.features, own, atol=1e-5)
    assert [book.key(row) for row in range(30)] == [dataset.key(row) for row in range(30)]
    assert book.snapshot == described.digest
    assert book.manifest["longest"] == 48
    assert book.manifest["scales"] == [1, 0.5]
    assert "stages" not in book.manifest
    assert "images longest side 48, scales 1, 0.5" in lines
    assert any("the codes, which are their signs, say nothing" in line for line in lines)


@pytest.mark.parametrize("shard", [7, 1000])
def test_shards_do_not_change_the_features(described, tmp_path, shard):
    dataset, seen = workflow.run_dataset(described), []
    result = extraction.extract(
        described,
        dataset,
        "all",
        tmp_path / "codes",
        shard_size=shard,
        workers=2,
        progress=lambda *done: seen.append(done),
    )
    assert (result.rows, result.skipped, result.reused) == (30, 0, 0)
    assert seen[-1] == (30, 30)
    own = describe(described.model(), dataset, longest=48, scales=[1, 0.5])
    np.testing.assert_allclose(Codebook.load(tmp_path / "codes").features, own, atol=1e-5)


def test_finished_shards_are_not_done_again_and_the_net_is_cut_once(
    described, tmp_path, monkeypatch
):
    dataset, cut = workflow.run_dataset(described), []
    net_init = descriptor_net.Net.__init__
    monkeypatch.setattr(
        descriptor_net.Net,
        "__init__",
        lambda self, model: (cut.append(1), net_init(self, model))[1],
    )

    def stop(done, total):
        if done > 20:
            raise KeyboardInterrupt

    for progress, reused in ((stop, None), (None, 20)):
        arguments = (described, dataset, "all", tmp_path / "codes")
        if reused is None:
            with pytest.raises(KeyboardInterrupt):
                extraction.extract(*arguments, shard_size=10, progress=progress)
        else:
            assert extraction.extract(*arguments, shard_size=10).reused == reused
    assert len(cut) == 2  # one for each model that was loaded, whatever the shards
    other = extraction.extract(*arguments, shard_size=10, scales=[1])
    assert other.reused == 0


def test_unreadable_images_are_left_out_and_listed(described, tmp_path):
    photos = write_photos(tmp_path / "photos", 12)
    (photos / "r" / "03.png").write_bytes(b"no image")
    (photos / "b" / "11.png").unlink()
    (photos / "b" / "11.png").write_bytes(b"")
    dataset = open_dataset(str(photos))
    out = tmp_path / "codes"
    result = extraction.extract(described, dataset, "all", out, shard_size=5)
    assert (result.rows, result.skipped) == (10, 2)
    with (out / "skipped.csv").open(newline="") as file:
        assert [line["key"] for line in csv.DictReader(file)] == ["b/11.png", "r/03.png"]
    book = Codebook.load(out)
    rows = [row for row in range(12) if dataset.key(row) not in ("b/11.png", "r/03.png")]
    assert [book.key(row) for row in range(10)] == [dataset.key(row) for row in rows]
    np.testing.assert_array_equal(book.labels, dataset.labels[rows])
    own = describe(described.model(), dataset, rows, longest=48, scales=[1, 0.5])
    np.testing.assert_allclose(book.features, own, atol=1e-5)
    with pytest.raises(AehashError, match="is not a readable image"):
        extraction.extract(described, dataset, "all", out, strict=True)


def test_other_sizes_are_a_stage_and_have_a_folder_of_their_own(described):
    plain = workflow.extract(described.path, splits=["all"])
    other = workflow.extract(described.path, splits=["all"], longest=32, scales=[1])
    again = workflow.extract(described.path, splits=["all"], longest=48, scales=[1, 0.5])
    assert again.folder == plain.folder != other.folder
    book = Codebook.load(other.folder / "all")
    stage = book.manifest["stages"][0]
    assert {name: stage[name] for name in ("name", "longest", "scales", "of")} == {
        "name": "describe",
        "longest": 32,
        "scales": [1],
        "of": described.digest,
    }
    assert book.snapshot not in (described.digest, stage["digest"])
    dataset = workflow.run_dataset(described)
    own = describe(described.model(), dataset, longest=32, scales=[1])
    np.testing.assert_allclose(book.features, own, atol=1e-5)


def test_wrong_sizes_are_sentences(described, trained, capsys):
    with pytest.raises(UsageError, match=r"describe.longest is 3"):
        workflow.extract(described.path, longest=3)
    with pytest.raises(UsageError, match=r"describe.scales"):
        workflow.extract(described.path, scales=[1, 0])
    with pytest.raises(UsageError, match="takes images of 8×8 pixels only"):
        workflow.extract(trained.snapshot.path, longest=64)
    assert run(["extract", "--scales", "1;2"]) == 2
    assert "with commas between them" in capsys.readouterr().err
