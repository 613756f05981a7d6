"""From DICOM files to codes, pictures and an export, with no word of a patient on the way."""

import json
import logging
import warnings
import zipfile

import numpy as np
import pytest
from dicom_files import TELLTALE, dataset, encoded, saved
from pydicom.uid import JPEGBaseline8Bit

from aehash.cli.main import run
from aehash.codebook import Codebook

pytestmark = pytest.mark.training

SMALL = ["--experiment", "plain", "--bits", "16", "--image-size", "16", "--set", "data.channels=1"]
SMALL += ["--set", "model.options.dense=[16]", "--set", "train.epochs=1"]
WORDS = [part for word in TELLTALE for part in word.split("^")]
BAD_QUERIES = {
    "scans/b/kind.dcm": "its photometric interpretation is not read",
    "scans/b/jpeg.dcm": "are damaged, cut off, or of a kind that pillow does not decode",
    "scans/b/report.dcm": "it holds no pixels; DICOM calls its kind CT Image Storage",
    "scans/a/heart.dcm#0009": "it has 3 frames, so none is number 9",
}


def pixels(seed, *shape):
    return np.random.default_rng(seed).integers(0, 4096, (*shape, 20, 20)).astype(np.uint16)


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A folder of 20 good files, one with three frames, and five that cannot be read."""
    root = tmp_path_factory.mktemp("road") / "scans"
    window = {"WindowCenter": 2048, "WindowWidth": 4096, "BitsStored": 12}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(20):
            made = dataset(pixels(number), **window, PatientComments=" ".join(TELLTALE))
            made.add_new("RescaleIntercept", "DS", "0.0000000000000000000000001")
            saved(made, root / "ab"[number % 2] / f"IM{number:04d}{'.dcm' * (number > 3)}")
        saved(dataset(pixels(30, 3), **window), root / "a" / "heart.dcm")
        bad = root / "b"
        whole = saved(dataset(pixels(31), **window), bad / "cut.dcm").read_bytes()
        (bad / "cut.dcm").write_bytes(whole[:-100])
        saved(dataset(pixels(32), **window, PhotometricInterpretation=WORDS[0]), bad / "kind.dcm")
        jpeg = dataset(pixels(33).astype(np.uint8))
        saved(encoded(jpeg, JPEGBaseline8Bit, WORDS[0].encode() * 9), bad / "jpeg.dcm")
        (bad / "header.dcm").write_bytes(whole[:300])
        report = dataset(pixels(35), PixelData=None, Rows=None)
        saved(report, bad / "report.dcm")
    return root


def test_the_whole_road(scans, capfd, caplog, monkeypatch):
    root = scans.parent
    monkeypatch.chdir(root)
    output = []

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        output.append(out + err)
        assert code == 0, err
        return out

    caplog.set_level(logging.INFO)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call("train", "--data", "scans#frames=all", *SMALL)
        assert "1 of 26 files has several frames" in output[-1]
        call("extract", "--split", "all")
        assert "5 left out" in output[-1]
        codes = next(root.glob("runs/*/codes/*/all"))
        found = call("search", "scans/a/heart.dcm#0002", "--top", "4", "--montage", "one.png")
        assert "heart.dcm#0002" in found.splitlines()[1]
        found = call("search", "a/heart.dcm#0003", "--top", "4", "--montage", "two.png")
        call("search", "scans/b/IM0001", "--montage", "three.png")
        call("codebook", "export", codes, "--format", "json", "--out", "index.json")
        call("data", "duplicates", "scans#frames=all")
        call("map", codes, "--out", "map.png")
        for query, sentence in BAD_QUERIES.items():
            assert run(["search", query]) == 1
            output.append(capfd.readouterr().err)
            assert sentence in output[-1]
    book = Codebook.load(codes)
    assert len(book) == 23
    assert b"a/heart.dcm#0002" in book.keys
    skipped = (codes / "skipped.csv").read_text()
    assert "cut off: 700 bytes of 800 are there" in skipped
    assert skipped.count("\n") == 6
    assert json.loads((root / "index.json").read_text())
    assert (root / "one.png").stat().st_size > 3_000
    assert_no_patient(output, [record.getMessage() for record in caplog.records])
    assert_no_patient([str(warning.message) for warning in caught])
    files = [path for path in root.rglob("*") if path.is_file() and scans not in path.parents]
    assert len(files) > 15
    for path in files:
        for data in contents(path):
            for word in WORDS:
                for encoding in ("utf-8", "latin-1", "utf-16-le"):
                    assert word.encode(encoding) not in data, f"{word} in {path}"


def contents(path):
    """Give a file's bytes, and those of its members where it is a ZIP file."""
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())


def assert_no_patient(*texts):
    for text in [text for part in texts for text in part]:
        assert not [word for word in WORDS if word in text], text
