"""The Oxford and Paris protocols run whole, on a small Oxford that is drawn."""

import json
import os
import subprocess
import sys

import landmark_set
import numpy as np
import pytest
from PIL import Image

from aehash.cli.main import run
from aehash.codebook import Codebook
from aehash.descriptors import describe
from aehash.errors import AehashError, UsageError
from aehash.snapshot import Snapshot, latest_run
from aehash.workflow import landmark_books
from aehash.workflow.evaluate_landmarks import evaluate_landmark_run


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two runs folders: of a net alone, and of one with a whitening."""
    place = tmp_path_factory.mktemp("models")
    images = place / "images"
    landmark_set.draw(images)
    landmark_set.describing_run(place / "plain", images)
    landmark_set.describing_run(place / "white", images, whiten=True)
    return place


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The drawn Oxford with its text files, as a user would lay it out."""
    monkeypatch.setenv("AEHASH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("AEHASH_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "data" / "oxford5k"
    landmark_set.draw(folder / "jpg")
    landmark_set.write_texts(folder / "gt")
    return tmp_path


def names_in(place):
    return sorted(path.stem for path in (place / "data" / "oxford5k" / "jpg").iterdir())


def own_run(models, place, which="plain"):
    """Give a run that no other test has described images with."""
    import shutil

    shutil.copytree(models / which, place / "runs")
    return place / "runs"


def slow_ap(ranked, good, junk):
    """Walk a ranking as compute_ap.cpp does."""
    old_recall, old_precision, found, seen, area = 0.0, 1.0, 0, 0, 0.0
    for name in ranked:
        if name in junk:
            continue
        found += name in good
        seen += 1
        recall, precision = found / len(good), found / seen
        area += (recall - old_recall) * (old_precision + precision) / 2
        old_recall, old_precision = recall, precision
    return area


def slow_ranks(snapshot, place, extra=frozenset()):
    """Describe whole images and crops one by one, cut by hand, and rank by inner product."""
    jpg = place / "data" / "oxford5k" / "jpg"
    model, own = snapshot.model(), snapshot.recipe.describe
    whitening = snapshot.whitening()

    def vector(picture, longest):
        (found,) = describe(model, [np.array(picture)], longest=longest, scales=own.scales)
        return found if whitening is None else whitening.apply(found[None])[0]

    names = [name for name in names_in(place) if name not in extra]
    database = np.stack([vector(Image.open(jpg / f"{each}.jpg"), own.longest) for each in names])
    ranks = {}
    for asked in landmark_set.queries():
        with Image.open(jpg / f"{asked.image}.jpg") as image:
            crop = image.crop(tuple(round(edge) for edge in asked.box))
            # a crop is scaled as its whole image is
            scale = min(1, own.longest / max(image.size))
        size = tuple(int(edge * scale + 0.5) for edge in crop.size)
        query = vector(crop.resize(size, Image.Resampling.BILINEAR), 10_000)
        ranks[asked.name] = [names[row] for row in np.argsort(-(database @ query), kind="stable")]
    return ranks


def slow_map(ranks, good=("good", "ok"), junk=("junk",), without=frozenset()):
    values = []
    for asked in landmark_set.queries():
        right, out = (
            {name for kind in kinds for name in asked.lists[kind]} - without
            for kinds in (good, junk)
        )
        values.append(slow_ap(ranks[asked.name], right, out))
    return float(np.mean(values))


def in_a_process(words):
    """Give the exit code of a command that starts from nothing, and what it prints and tells."""
    code = "import sys; from aehash.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TF_NUM_INTRAOP_THREADS": "1"},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("which", ["plain", "white"])
def test_the_command_is_the_whole_run(models, place, which, capfd):
    runs = own_run(models, place, which)
    words = ["evaluate", "--protocol", "oxford5k", "--runs", str(runs), "--format", "json"]
    if which == "plain":
        code, printed, told = in_a_process(words)
    else:
        code, (printed, told) = run(words), capfd.readouterr()
    assert code == 0, told
    found = json.loads(printed)
    snapshot = Snapshot.load(latest_run(runs))
    expected = slow_map(slow_ranks(snapshot, place))
    mean = found["settings"]["good+ok"]["metrics"]["map/trapezoid"]
    assert mean == pytest.approx(expected, abs=1e-9)
    assert found["n_database"] == 30
    assert found["elapsed_s"] == pytest.approx(found["describing_s"] + found["ranking_s"], abs=2e-3)
    assert "longest side 80, scales 1, 0.5" in found["described"]
    assert ("pca whitening to 16 dimensions" in found["described"]) == (which == "white")
    assert "elapsed" in told
    assert "describing" in told
    codes = snapshot.path / "codes" / "oxford5k"
    book = Codebook.load(codes / "queries")
    assert {book.key(row) for row in range(len(book))} == {
        f"{each.image}.jpg" for each in landmark_set.queries()
    }
    assert book.bits == (16 if which == "white" else 128)
    assert (
        json.loads((codes / "evaluation" / "report.json").read_text())["settings"]
        == (found["settings"])
    )


def test_both_forms_of_ground_truth_give_the_same(models, place):
    runs = own_run(models, place)
    texts = evaluate_landmark_run("oxford5k", runs=runs)
    mat = landmark_set.write_mat(place / "gnd_oxford5k.mat", names_in(place))
    other = evaluate_landmark_run("oxford5k", runs=runs, ground_truth=mat)
    assert other.found.settings[0].metrics == texts.found.settings[0].metrics
    assert (other.times.describing, texts.times.describing > 0) == (0, True)
    assert (other.found.extra, texts.found.extra) == (0, None)


def test_the_revisited_protocol_takes_the_older_ones_images(models, place):
    runs = own_run(models, place)
    folder = place / "data" / "roxford5k"
    landmark_set.write_mat(folder / "gnd_roxford5k.mat", names_in(place), revisited=True)
    found = evaluate_landmark_run("roxford5k", runs=runs)
    asked = {each.image for each in landmark_set.queries()}
    ranks = slow_ranks(Snapshot.load(latest_run(runs)), place, asked)
    easy, medium, hard = (each.metrics["map/trapezoid"] for each in found.found.settings)
    assert found.found.n_database == 26
    assert easy == pytest.approx(slow_map(ranks, ("good",), ("ok", "junk"), asked), abs=1e-9)
    assert medium == pytest.approx(slow_map(ranks, without=asked), abs=1e-9)
    assert hard == pytest.approx(slow_map(ranks, ("ok",), ("good", "junk"), asked), abs=1e-9)


def test_only_what_changed_is_described_again(models, place):
    runs = own_run(models, place)
    jpg = place / "data" / "oxford5k" / "jpg"

    def again():
        lines = []
        evaluate_landmark_run("oxford5k", runs=runs, say=lines.append)
        return [line.split()[0] for line in lines if "at hand" in line]

    assert again() == []
    assert again() == ["queries", "database"]
    query = place / "data" / "oxford5k" / "gt" / "arch_1_query.txt"
    query.write_text("oxc1_arch_000000 1 1 40 40\n")
    assert again() == ["database"]
    stray = jpg / "stray_000000.jpg"
    Image.new("RGB", (50, 40), "red").save(stray)
    assert again() == ["queries"]
    codes = latest_run(runs) / "codes" / "oxford5k"
    (codes / "described.json").write_text("?")
    assert again() == []
    features = codes / "database" / "features.npy"
    features.write_bytes(features.read_bytes()[:-8])
    assert again() == ["queries"]
    assert again() == ["queries", "database"]


def test_an_autoencoder_sees_squares(trained, place):
    report = evaluate_landmark_run("oxford5k", run=trained.snapshot.path)
    assert "which takes squares" in report.described
    assert report.found.n_database == 30


def test_flat_images_in_folders_of_their_own(models, place):
    runs = own_run(models, place)
    jpg = place / "data" / "oxford5k" / "jpg"
    flat = place / "data" / "paris6k"
    for path in sorted(jpg.iterdir()):
        target = flat / path.stem.split("_")[0] / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    landmark_set.write_texts(flat)
    report = evaluate_landmark_run("paris6k", runs=runs)
    assert report.found.n_database == 30


def break_image(place, name):
    path = place / "data" / "oxford5k" / "jpg" / f"{name}.jpg"
    path.write_bytes(path.read_bytes()[:200])


def mat(place, **options):
    return landmark_set.write_mat(place / "data" / "oxford5k" / "gnd_oxford5k.mat", **options)


def box(place, text):
    (place / "data/oxford5k/gt/arch_1_query.txt").write_text(f"oxc1_arch_000000 {text}\n")


def gone(place, name):
    (place / "data/oxford5k/jpg" / f"{name}.jpg").unlink()


BAD = {
    "a listed image is missing": (
        lambda place: (mat(place, images=names_in(place)), gone(place, "stray_000002")),
        "1 of the 30 images that the ground truth names are not in",
    ),
    "a query's image is missing": (
        lambda place: gone(place, "arch_000000"),
        "the first of them arch_000000: put them there",
    ),
    "a box goes beyond its image": (
        lambda place: box(place, "1 1 97 50"),
        "arch_000000.jpg: The box (1, 1, 97, 50) goes beyond its image of 96 × 64 pixels",
    ),
    "a box is empty once rounded": (
        lambda place: box(place, "10.1 1 10.4 50"),
        "arch_000000.jpg: The box (10, 1, 10, 50) is empty",
    ),
    "a query's image is unreadable": (
        lambda place: break_image(place, "arch_000000"),
        "arch_000000.jpg is not a readable image",
    ),
    "a listed image is unreadable": (
        lambda place: (mat(place, images=names_in(place)), break_image(place, "stray_000002")),
        "stray_000002.jpg is not a readable image",
    ),
    "a named image is unreadable": (
        lambda place: break_image(place, "hall_000004"),
        "1 of the 20 images that the ground truth names could not be read, the first of them "
        "hall_000004: see",
    ),
    "an image is there twice": (
        lambda place: Image.new("RGB", (9, 9)).save(place / "data/oxford5k/jpg/arch_000000.png"),
        "holds the image arch_000000 twice, as arch_000000.jpg and arch_000000.png",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused(models, place, case, capsys):
    runs = own_run(models, place)
    spoil, sentence = BAD[case]
    spoil(place)
    wanted = 1 if "unreadable" in case else 2
    assert run(["evaluate", "--protocol", "oxford5k", "--runs", str(runs)]) == wanted
    error = " ".join(capsys.readouterr().err.split())
    assert "Traceback" not in error
    assert sentence in error


def test_an_image_that_nobody_names_may_be_unreadable(models, place):
    runs = own_run(models, place)
    break_image(place, "stray_000002")
    lines = []
    report = evaluate_landmark_run("oxford5k", runs=runs, say=lines.append)
    assert report.found.n_database == 29
    assert any("1 left out, listed in" in line for line in lines)


def test_what_is_not_there(models, place, monkeypatch):
    runs = own_run(models, place)
    with pytest.raises(UsageError, match=r"is no gnd_roxford5k\.mat in"):
        evaluate_landmark_run("roxford5k", runs=runs)
    with pytest.raises(UsageError, match=r"Looked in .*data/paris6k, .*cache/paris6k"):
        evaluate_landmark_run("paris6k", runs=runs)
    with pytest.raises(UsageError, match="no finished run of gem2023"):
        evaluate_landmark_run("oxford5k", runs=place / "none")
    with pytest.raises(UsageError, match="threads must be"):
        evaluate_landmark_run("oxford5k", runs=runs, threads=0)
    with pytest.raises(UsageError, match="judges by labels"):
        evaluate_landmark_run("akbacak2023", runs=runs)
    monkeypatch.setenv("AEHASH_DATA", str(place))
    with pytest.raises(AehashError, match="which are no part of this project"):
        evaluate_landmark_run("oxford5k", runs=runs)


def test_a_stopped_run_goes_on_where_it_was(models, place, monkeypatch):
    monkeypatch.setattr(landmark_books, "_SHARD", 8)
    runs = own_run(models, place)

    def stop(title):
        def show(done, total):
            if title == "database" and done > 16:
                raise KeyboardInterrupt

        return show

    with pytest.raises(KeyboardInterrupt):
        evaluate_landmark_run("oxford5k", runs=runs, progress=stop)
    lines = []
    report = evaluate_landmark_run("oxford5k", runs=runs, say=lines.append)
    assert any("queries" in line and "at hand" in line for line in lines)
    assert any("database" in line and "(16 of them were done before)" in line for line in lines)
    other = own_run(models, place / "whole")
    whole = evaluate_landmark_run("oxford5k", runs=other)
    assert report.found.settings[0].metrics == whole.found.settings[0].metrics
