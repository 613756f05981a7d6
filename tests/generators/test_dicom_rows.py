"""DICOM files and their frames in folders and lists, with pydicom and without."""

import os
from pathlib import Path

import numpy as np
import pytest
from dicom_files import TELLTALE, dataset, saved
from PIL import Image
from pydicom.uid import RLELossless

from aehash.errors import AehashError, UsageError
from aehash.generators import dicom_names, open_dataset
from aehash.generators.dicom_names import frame_key, is_dicom, split_frame
from aehash.generators.file_options import FileOptions, first_frames, split_spec
from aehash.generators.images import UnreadableImage, decode
from aehash.generators.splits import write_split

FRAMES = (np.arange(3 * 4 * 5).reshape(3, 4, 5) * 4).astype(np.uint8)


def put(root, *names, pixels=FRAMES[0]):
    for name in names:
        saved(dataset(pixels), root / name)
    return root


@pytest.fixture
def bare(monkeypatch):
    """Hide pydicom, as if it had not been installed."""
    for module in ("dicom_rows", "images"):
        monkeypatch.setattr(f"aehash.generators.{module}.installed", lambda: False)


def test_a_folder_with_and_without_suffixes(tmp_path):
    put(tmp_path, "a/1.dcm", "a/2.DICOM", "b/IM000001", "b/1.2.840.113619.2", "b/x.IMA", "b/y.img")
    put(tmp_path, "b/DICOMDIR", "b/.hidden.dcm")
    (tmp_path / "b" / "README").write_text("no image")
    (tmp_path / "b" / "short").write_bytes(b"DICM")
    os.mkfifo(tmp_path / "b" / "pipe")
    Image.fromarray(FRAMES[0]).save(tmp_path / "b" / "z.png")
    found = open_dataset(tmp_path)
    keys = [key.decode() for key in found.keys]
    assert keys == [
        "a/1.dcm",
        "a/2.DICOM",
        "b/1.2.840.113619.2",
        "b/IM000001",
        "b/x.IMA",
        "b/z.png",
    ]
    assert found.classes == ("a", "b")
    rows = found.read_many(np.arange(6), 4, 1)
    assert (rows == rows[0]).all()


def test_only_names_that_may_be_dicom_are_opened(tmp_path, monkeypatch):
    put(tmp_path, "IM1", "2.dcm", "3.png", "notes.txt")
    opened = []
    looked = dicom_names._has_mark
    monkeypatch.setattr(
        dicom_names, "_has_mark", lambda path: opened.append(Path(path).name) or looked(path)
    )
    assert [is_dicom(str(tmp_path / name)) for name in ("IM1", "2.dcm", "3.png", "notes.txt")] == [
        True,
        True,
        False,
        False,
    ]
    assert opened == ["IM1"]
    assert not is_dicom(str(tmp_path / "gone"))


def test_without_pydicom_a_folder_says_once_what_it_leaves_out(tmp_path, bare):
    put(tmp_path, "1.dcm", "IM2", "d/3.dcm")
    with pytest.raises(UsageError, match=r"no images but 3 DICOM files.*pip install 'aehash\[medi"):
        open_dataset(tmp_path)
    for number in range(4):
        Image.fromarray(FRAMES[0]).save(tmp_path / f"{number}.png")
    notes = []
    assert len(open_dataset(tmp_path, notes=notes.append)) == 4
    told = [note for note in notes if "DICOM" in note]
    assert len(told) == 1
    assert "3 DICOM files" in told[0]
    assert "pip install 'aehash[medical]'" in told[0]


def test_without_pydicom_a_list_or_an_image_is_refused(tmp_path, bare):
    put(tmp_path, "1.dcm", "IM2")
    (tmp_path / "list.csv").write_text("path\n1.dcm\nIM2\n")
    with pytest.raises(UsageError, match=r"lists 2 DICOM files.*aehash\[medical\]"):
        open_dataset(tmp_path / "list.csv")
    with pytest.raises(UnreadableImage, match=r"IM2 .* takes pydicom \(pip install 'aehash\[med"):
        decode(tmp_path / "IM2", image_size=4, channels=1)


def test_all_frames_are_rows(tmp_path):
    put(tmp_path, "a/1.dcm", "b/3.dcm", "b/4.dcm")
    put(tmp_path, "a/2.dcm", "b/IM5", pixels=FRAMES)
    Image.fromarray(FRAMES[0]).save(tmp_path / "b" / "6.png")
    assert len(open_dataset(tmp_path)) == 6
    notes = []
    found = open_dataset(f"{tmp_path}#frames=all", notes=notes.append)
    keys = [found.key(row) for row in range(len(found))]
    assert keys == [
        "a/1.dcm",
        "a/2.dcm#0001",
        "a/2.dcm#0002",
        "a/2.dcm#0003",
        "b/3.dcm",
        "b/4.dcm",
        "b/6.png",
        "b/IM5#0001",
        "b/IM5#0002",
        "b/IM5#0003",
    ]
    assert found.labels.tolist() == [0] * 4 + [1] * 6
    assert "2 of 6 files have several frames; with each of them there are 10 images." in notes
    for row, frame in ((1, 0), (2, 1), (3, 2), (9, 2), (0, 0)):
        assert np.array_equal(found.read(row, None, 1)[..., 0], FRAMES[frame])
    assert found.source == f"{tmp_path}#frames=all"
    assert open_dataset(found.source).digest() == found.digest()


def test_frames_of_one_file_stand_on_one_side(tmp_path):
    put(tmp_path, *(f"{number:02d}.dcm" for number in range(20)), pixels=FRAMES)
    found = open_dataset(f"{tmp_path}#frames=all")
    side = {}
    for name in ("train", "val", "test"):
        for row in found.rows(name):
            side.setdefault(found.key(row).split("#")[0], set()).add(name)
    assert len(side) == 20
    assert all(len(sides) == 1 for sides in side.values())
    assert [len(found.rows(name)) for name in ("train", "val", "test")] == [48, 6, 6]


def sides(found):
    side = {}
    for name in ("train", "val", "test"):
        for row in found.rows(name):
            side.setdefault(found.storage.paths[row], set()).add(name)
    return side


def test_frames_that_a_list_names_stand_on_one_side_of_a_drawn_split(tmp_path):
    put(tmp_path, *(f"{number}.dcm" for number in range(8)), pixels=FRAMES)
    rows = [f"{n % 8}.dcm#000{n // 8 + 1}" for n in range(24)]
    (tmp_path / "list.csv").write_text("\n".join(["path,patient", *(f"{r},p" for r in rows)]))
    notes = []
    found = open_dataset(tmp_path / "list.csv", notes=notes.append)
    assert len(sides(found)) == 8
    assert all(len(side) == 1 for side in sides(found).values())
    assert any(note.startswith("8 files, the largest of 3 images, stand whole") for note in notes)
    assert any("--group-column patient" in note for note in notes)
    file = tmp_path / "split.json"
    write_split(file, found)
    assert '"column": null' in file.read_text()
    assert sides(open_dataset(tmp_path / "list.csv", split_file=file)) == sides(found)


def test_a_split_that_parts_the_frames_of_a_file_is_refused_but_for_a_column(tmp_path):
    put(tmp_path, *(f"{number}.dcm" for number in range(3)), pixels=FRAMES)
    sided = ("train", "val", "test")
    rows = [f"{n}.dcm#000{f + 1},{sided[f]},g{f}" for n in range(3) for f in range(3)]
    (tmp_path / "list.csv").write_text("\n".join(["path,split,group", *rows]))
    with pytest.raises(UsageError, match="3 files have images on both sides of train and test"):
        open_dataset(tmp_path / "list.csv")
    found = open_dataset(tmp_path / "list.csv", group_column="group")
    assert len(found.rows("test")) == 3
    write_split(tmp_path / "split.json", found)  # such a run opens again without its column
    (tmp_path / "list.csv").write_text("\n".join(["path,side,group", *rows]))
    again = open_dataset(tmp_path / "list.csv", split_file=tmp_path / "split.json")
    assert again.rows("test").tolist() == found.rows("test").tolist()
    (tmp_path / "list.csv").write_text("path\n" + "".join(f"{n}.dcm#0002\n" for n in range(3)))
    assert open_dataset(tmp_path / "list.csv").groups is None


@pytest.mark.parametrize(
    ("rows", "asked", "sentence"),
    [
        ("1.dcm\n1.dcm#0001\n", "", "lists '1.dcm#0001' twice"),
        ("1.dcm#0002\n1.dcm#00002\n", "", "lists '1.dcm#00002' twice"),
        ("1.dcm#0002\n1.dcm\n", "#frames=all", "'1.dcm#0002' stands twice: by itself"),
    ],
)
def test_a_frame_stands_once(rows, asked, sentence, tmp_path):
    put(tmp_path, "1.dcm", pixels=FRAMES)
    (tmp_path / "list.csv").write_text(f"path\n{rows}")
    with pytest.raises(UsageError, match=sentence):
        open_dataset(f"{tmp_path / 'list.csv'}{asked}")


def test_frames_of_two_files_cannot_be_kept_apart_and_it_is_said(tmp_path):
    put(tmp_path, "1.dcm", "2.dcm", pixels=FRAMES)
    notes = []
    found = open_dataset(f"{tmp_path}#frames=all", notes=notes.append)
    assert len(found) == 6
    assert any("2 files cannot stand on three sides" in note for note in notes)


def test_a_list_names_frames_and_has_all(tmp_path):
    put(tmp_path, "1.dcm", "2.dcm", "3.dcm", "odd#0002", pixels=FRAMES)
    (tmp_path / "list.csv").write_text(
        "path,labels\n1.dcm#0003,end\n1.dcm#0001,start\n2.dcm,start\n3.dcm,end\nodd#0002,end\n"
    )
    found = open_dataset(tmp_path / "list.csv")
    assert [found.key(row) for row in range(5)][:2] == ["1.dcm#0003", "1.dcm#0001"]
    for row, frame in ((0, 2), (1, 0), (2, 0), (4, 0)):
        assert np.array_equal(found.read(row, None, 1)[..., 0], FRAMES[frame])
    every = open_dataset(f"{tmp_path / 'list.csv'}#frames=all")
    keys = [every.key(row) for row in range(len(every))]
    assert keys[:5] == ["1.dcm#0003", "1.dcm#0001", "2.dcm#0001", "2.dcm#0002", "2.dcm#0003"]
    assert every.labels.tolist() == [0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert np.array_equal(every.read(0, None, 1)[..., 0], FRAMES[2])
    assert np.array_equal(every.read(4, None, 1)[..., 0], FRAMES[2])
    (tmp_path / "list.csv").write_text("path\n1.dcm\n9.dcm#0001\n")
    with pytest.raises(UsageError, match=r"first '9\.dcm#0001'"):
        open_dataset(tmp_path / "list.csv")


def test_files_that_hold_fewer_frames_than_they_say(tmp_path):
    put(tmp_path, "1.dcm", "2.dcm", "3.dcm", "4.dcm", pixels=FRAMES)
    whole = (tmp_path / "1.dcm").read_bytes()
    (tmp_path / "1.dcm").write_bytes(whole[:-25])
    huge = dataset(FRAMES)
    huge.compress(RLELossless)
    huge.NumberOfFrames = 2**31 - 1
    saved(huge, tmp_path / "2.dcm")
    (tmp_path / "3.dcm").write_bytes(whole[:200])
    notes = []
    found = open_dataset(f"{tmp_path}#frames=all", notes=notes.append)
    keys = [found.key(row) for row in range(len(found))]
    assert keys[0] == "1.dcm"
    assert "3.dcm" in keys
    assert [key for key in keys if key.startswith("4")] == [f"4.dcm#000{n}" for n in (1, 2, 3)]
    assert len(found) < 200
    assert any("2 files with fewer bytes than their headers' frames take" in note for note in notes)
    with pytest.raises(UnreadableImage, match=r"3\.dcm"):
        found.read(keys.index("3.dcm"), 4, 1)
    last = next(row for row in range(len(found) - 1, -1, -1) if keys[row].startswith("2.dcm"))
    with pytest.raises(UnreadableImage, match=f"{keys[last]} is not a readable image"):
        found.read(last, 4, 1)
    assert not [note for note in notes if any(word in note for word in TELLTALE)]


def test_depth_is_asked_for_behind_the_path(tmp_path):
    for number in range(4):
        Image.fromarray(np.array([[0, 2048, 4095]], np.uint16)).save(tmp_path / f"{number}.png")
    plain, deep = open_dataset(tmp_path), open_dataset(f"{tmp_path}#depth=12")
    assert plain.read(0, None, 1).ravel().tolist() == [0, 8, 15]
    assert deep.read(0, None, 1).ravel().tolist() == [0, 128, 255]
    assert deep.source == f"{tmp_path}#depth=12"


@pytest.mark.parametrize(
    ("tail", "sentence"),
    [
        ("frame=all", "'frame' is unknown. Did you mean 'frames'?"),
        ("frames=some", "must be first or all"),
        ("depth=7", "must be from 8 to 16 bits"),
        ("depth=deep", "must be from 8 to 16 bits"),
        ("burned=on", "must be yes or no"),
    ],
)
def test_what_may_not_be_asked(tail, sentence, tmp_path):
    put(tmp_path, "1.dcm")
    with pytest.raises(UsageError, match=sentence.replace("?", r"\?")):
        open_dataset(f"{tmp_path}#{tail}")


def test_arrays_have_no_frames(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros((4, 3, 3), np.uint8))
    with pytest.raises(UsageError, match=r"frames=all does not fit it"):
        open_dataset(f"{tmp_path / 'a.npz'}#frames=all")
    with pytest.raises(UsageError, match=r"digits holds no image files, so frames=all does not"):
        open_dataset("digits#frames=all")
    with pytest.raises(AehashError, match="no file or folder"):
        open_dataset(f"{tmp_path / 'gone'}#frames=all")


def test_options_are_written_as_they_are_read(tmp_path):
    for options in (
        FileOptions(),
        FileOptions("all"),
        FileOptions("all", 12),
        FileOptions(burned=True),
    ):
        assert split_spec(f"scans{options}") == ("scans", options)
    assert first_frames("/a/scans#frames=all,depth=12") == "/a/scans#depth=12"
    assert first_frames("digits") == "digits"
    named = put(tmp_path / "x#frames=all", "1.dcm")
    assert split_spec(named) == (str(named), FileOptions())


def test_pictures_that_name_the_patient_are_read_only_where_asked(tmp_path):
    for number in range(3):
        saved(dataset(FRAMES[0], BurnedInAnnotation="NO"), tmp_path / f"{number}.dcm")
    saved(dataset(FRAMES[0], BurnedInAnnotation="YES"), tmp_path / "3.dcm")
    found = open_dataset(tmp_path)
    assert found.read(0, 4, 1).shape == (4, 4, 1)
    with pytest.raises(UnreadableImage, match=r"3\.dcm .* put #burned=yes behind the path"):
        found.read(3, 4, 1)
    assert open_dataset(f"{tmp_path}#burned=yes").read(3, 4, 1).shape == (4, 4, 1)


@pytest.mark.parametrize("word", ["yes", " YES", "Y", ["NO", "YES"], "UNKNOWN"])
def test_what_does_not_say_no_is_taken_for_yes(word, tmp_path):
    saved(dataset(FRAMES[0], BurnedInAnnotation=word), tmp_path / "1.dcm")
    with pytest.raises(UnreadableImage, match="put #burned=yes behind the path"):
        open_dataset(tmp_path).read(0, 4, 1)


@pytest.mark.parametrize("word", ["no", "NO ", "", None])
def test_what_says_no_or_nothing_is_read(word, tmp_path):
    made = dataset(FRAMES[0])
    made.BurnedInAnnotation = word
    saved(made, tmp_path / "1.dcm")
    assert open_dataset(tmp_path).read(0, 4, 1).shape == (4, 4, 1)


def test_a_dicomdir_in_a_list_is_said_to_be_one(tmp_path):
    made = dataset(FRAMES[0])
    del made.SOPClassUID, made.PixelData
    made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    saved(made, tmp_path / "DICOMDIR")
    (tmp_path / "list.csv").write_text("path\nDICOMDIR\n")
    with pytest.raises(UnreadableImage, match="it is a DICOMDIR, a list of files"):
        open_dataset(tmp_path / "list.csv").read(0)


def test_names_of_frames():
    assert frame_key("a.dcm", 7, 30) == "a.dcm#0007"
    assert frame_key("a.dcm", 7, 12_000) == "a.dcm#00007"
    assert split_frame("a.dcm#00007") == ("a.dcm", 7)
    for key in ("a.dcm", "a.dcm#7", "a.dcm#0000", "#0001", "a#b"):
        assert split_frame(key) == (key, None)
