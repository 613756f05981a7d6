"""A run split by patients: trained, extracted and resumed on the split that it wrote."""

import csv

import numpy as np
import pytest
from PIL import Image
from small_run import small_recipe

from aehash import workflow
from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.files import read_json

pytestmark = pytest.mark.training


@pytest.fixture
def scans(tmp_path):
    """Sixty real digits, three to a patient, as files with a list."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    lines = [("path", "labels", "patient_id")]
    for row in range(60):
        pixels = np.round(digits.images[row] * 255 / 16).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{row}.png")
        lines.append((f"{row}.png", str(digits.target[row]), f"MRN{row // 3}"))
    with (tmp_path / "scans.csv").open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    return tmp_path / "scans.csv"


def test_a_run_by_patients_writes_no_patient_and_is_extracted_by_its_own_split(tmp_path, scans):
    said = []
    recipe = small_recipe(
        scans, "data.group_column=patient_id", "data.image_size=8", "train.epochs=1"
    )
    snapshot = workflow.train(recipe, out=tmp_path / "run", say=said.append)
    assert any("20 groups of the column 'patient_id'" in line for line in said)
    assert not any("may stand on both sides" in line for line in said)
    assert snapshot.recipe.data.group_column == "patient_id"
    split = read_json(tmp_path / "run" / "split.json")
    assert split["groups"]["count"] == 20
    assert len(split["splits"]["test"]) == 6
    said.clear()
    workflow.extract(tmp_path / "run", out=tmp_path / "codes", say=said.append)
    assert not any("may stand on both sides" in line for line in said)
    for name, keys in split["splits"].items():
        book = Codebook.load(tmp_path / "codes" / name)
        assert [book.key(row) for row in range(len(book))] == keys
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(UsageError, match="column 'patent'"):
        workflow.train(recipe.override(["data.group_column=patent"]), out=tmp_path / "other")
    assert not (tmp_path / "other").exists()
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path != scans]
    assert written
    assert not any(b"MRN" in path.read_bytes() for path in written)


def test_a_split_of_a_run_without_groups_is_refused_where_it_parts_patients(tmp_path, scans):
    plain = small_recipe(scans, "data.image_size=8", "train.epochs=0")
    said = []
    workflow.train(plain, out=tmp_path / "plain", say=said.append)
    assert sum("may stand on both sides" in line for line in said) == 1
    recipe = plain.override(["data.group_column=patient_id"])
    with pytest.raises(UsageError, match=r"groups of the column 'patient_id' have images on both"):
        workflow.train(recipe, out=tmp_path / "x", split_file=tmp_path / "plain" / "split.json")
