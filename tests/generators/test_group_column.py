"""A list's column of patients: kept whole by the split, refused where one leaks, never written."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aehash.errors import UsageError
from aehash.generators import open_dataset, write_split

PATIENTS = [f"MRN-{number // 3}" for number in range(36)]


def write_list(
    folder: Path, header: str = "path,labels,patient_id", cells: Sequence[str] | None = None
) -> Path:
    """Write 36 images and a list of them, of twelve patients with three images each."""
    cells = cells or [f"{'ab'[number % 2]},{name}" for number, name in enumerate(PATIENTS)]
    lines = [header]
    for number, cell in enumerate(cells):
        if not (folder / f"{number}.png").exists():
            Image.new("L", (8, 8), number).save(folder / f"{number}.png")
        lines.append(f"{number}.png,{cell}")
    path = folder / "list.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_patients_stay_whole_and_are_nowhere_to_be_read(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    notes: list[str] = []
    dataset = open_dataset(path, group_column="Patient_ID", notes=notes.append)
    patients = np.array(PATIENTS)
    sides = [set(patients[dataset.rows(name)]) for name in ("train", "val", "test")]
    assert sorted(len(side) for side in sides) == [1, 2, 9]
    assert len(set.union(*sides)) == 12
    assert len(notes) == 1
    assert (
        "12 groups of the column 'patient_id', the largest of 3 images, stand whole on one side "
        "each: 27 images train, " in notes[0]
    )
    write_split(tmp_path / "split.json", dataset)
    written = (tmp_path / "split.json").read_text()
    assert "MRN" not in written + notes[0]
    record = json.loads(written)["groups"]
    assert (record["column"], record["count"], len(record["sha256"])) == ("patient_id", 12, 64)
    assert dataset.labels is not None
    plain = open_dataset(path, notes=lambda _: None)
    assert plain.groups is None
    write_split(tmp_path / "plain.json", plain)
    assert "groups" not in json.loads((tmp_path / "plain.json").read_text())


def test_without_the_option_it_is_said_once_that_patients_may_be_parted(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    notes: list[str] = []
    dataset = open_dataset(path, notes=notes.append)
    assert len(notes) == 1
    assert "images of one patient may stand on both sides" in notes[0]
    assert "`aehash train --group-column patient_id`" in notes[0]
    write_split(tmp_path / "plain.json", dataset)
    grouped = open_dataset(path, group_column="patient_id")
    write_split(tmp_path / "grouped.json", grouped)
    for name, said in (("plain.json", 2), ("grouped.json", 2)):
        again = open_dataset(path, split_file=tmp_path / name, notes=notes.append)
        assert len(notes) == said
    assert again.digest() == grouped.digest()


def test_other_columns_are_said_as_before_and_no_patients_are_seen_in_them(tmp_path: Path) -> None:
    path = write_list(tmp_path, "path,labels,patient_age")
    notes: list[str] = []
    open_dataset(path, notes=notes.append)
    assert ["'patient_age' is not used" in note for note in notes] == [True]
    assert "may stand" not in notes[0]


def test_an_official_split_that_leaks_is_refused_and_one_that_does_not_is_kept(
    tmp_path: Path,
) -> None:
    header = "path,split,labels,patient"
    apart = ["train"] * 30 + ["test"] * 6
    cells = [f"{split},a,{name}" for split, name in zip(apart, PATIENTS, strict=True)]
    dataset = open_dataset(write_list(tmp_path, header, cells), group_column="patient")
    assert dataset.official
    assert len(dataset.rows("test")) == 6
    val = dataset.rows("val")
    assert len(val) == 3
    assert len({PATIENTS[row] for row in val}) == 1
    leaking = ["train"] * 29 + ["test"] * 7
    cells = [f"{split},a,{name}" for split, name in zip(leaking, PATIENTS, strict=True)]
    path = write_list(tmp_path, header, cells)
    open_dataset(path)
    with pytest.raises(UsageError) as caught:
        open_dataset(path, group_column="patient")
    assert "one group of the column 'patient' has images on both sides of train and test" in str(
        caught.value
    )
    assert "'27.png' and '29.png'" in str(caught.value)
    assert "MRN" not in str(caught.value)


def test_a_split_file_that_leaks_is_refused_and_the_lists_own_split_then_does_not_count(
    tmp_path: Path,
) -> None:
    path = write_list(tmp_path)
    write_split(tmp_path / "plain.json", open_dataset(path, seed=1))
    write_split(tmp_path / "good.json", open_dataset(path, group_column="patient_id"))
    with pytest.raises(UsageError, match=r"plain\.json: \d+ groups of .* on both sides of train"):
        open_dataset(path, group_column="patient_id", split_file=tmp_path / "plain.json")
    cells = [f"{'train' if number % 2 else 'test'},{name}" for number, name in enumerate(PATIENTS)]
    path = write_list(tmp_path, "path,split,patient_id", cells)
    dataset = open_dataset(path, group_column="patient_id", split_file=tmp_path / "good.json")
    assert dataset.groups is not None
    write_split(tmp_path / "again.json", dataset)
    first, second = (
        json.loads((tmp_path / name).read_text()) for name in ("good.json", "again.json")
    )
    assert first["groups"] == second["groups"]
    assert first["sha256"] == second["sha256"]


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("pateint_id", "has no column 'pateint_id'. Did you mean 'patient_id'?"),
        ("labels", "'labels' cannot also say which images belong together"),
        ("path", "'path' cannot also say"),
    ],
)
def test_columns_that_cannot_be(column: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_dataset(write_list(tmp_path), group_column=column)
    assert sentence in str(caught.value)


def test_lists_that_cannot_be_kept_whole(tmp_path: Path) -> None:
    cells = [f"a,{name}" for name in PATIENTS]
    cells[4] = cells[7] = "a,"
    path = write_list(tmp_path, cells=cells)
    with pytest.raises(UsageError, match="entry 6: the column 'patient_id' is empty, as in 1 more"):
        open_dataset(path, group_column="patient_id")
    path = write_list(tmp_path, cells=["a,one", "a,two"] * 3)
    with pytest.raises(UsageError, match=r"'patient_id' names two groups; .* at least three"):
        open_dataset(path, group_column="patient_id")
    path = write_list(tmp_path, "path,patient_id,Patient_ID")
    with pytest.raises(UsageError, match="columns patient_id and Patient_ID, which mean the same"):
        open_dataset(path, group_column="patient_id")


def test_data_without_columns(tmp_path: Path) -> None:
    write_list(tmp_path)
    np.savez(tmp_path / "a.npz", images=np.zeros((9, 4, 4), np.uint8))
    for spec in ("digits", tmp_path, tmp_path / "a.npz"):
        with pytest.raises(UsageError, match="has no columns, so there is no 'patient_id'"):
            open_dataset(spec, group_column="patient_id")
