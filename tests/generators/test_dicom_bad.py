"""DICOM files that cannot be read give a sentence, and none gives away its patient."""

import io
import logging
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from dicom_files import TELLTALE, dataset, encoded, pydicom, saved
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from aehash.generators.dicom import decode
from aehash.generators.dicom_file import open_source, stored
from aehash.generators.images import UnreadableImage

CT = np.arange(-2048, 2048, dtype=np.int16).reshape(64, 64)
COLOURS = np.random.default_rng(4).integers(0, 256, (6, 8, 3)).astype(np.uint8)


def read(made):
    return decode(saved(made), image_size=None, channels=1, key="x")


def without_pixels():
    made = dataset(CT)
    del made.PixelData, made.Rows
    made.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    return made


def listing():
    made = without_pixels()
    del made.SOPClassUID
    made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    return made


def changed(**elements):
    made = dataset(CT)
    for word, value in elements.items():
        setattr(made, word, value)
    return made


def encoded_as(uid, **elements):
    made = dataset(CT, **elements)
    return encoded(made, UID(uid), b"\xff\xd8\xff\xf7\0\0")


def as_private():
    made = encoded_as("1.2.3.4.5")
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return io.BytesIO(file.getvalue())


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (without_pixels, "holds no pixels; DICOM calls its kind Basic Text SR Storage"),
        (listing, "is a DICOMDIR, a list of files"),
        (lambda: changed(Rows=0), "has 64×0 pixels"),
        (lambda: changed(Rows=None), "its header does not say Rows"),
        (lambda: changed(Columns=0), "has 0×64 pixels"),
        (lambda: changed(Rows=65_535, Columns=65_535), "65535×65535 pixels, more than the limit"),
        (lambda: changed(Rows=65), "pixels are cut off: 8,192 bytes of 8,320 are there"),
        (lambda: changed(NumberOfFrames=3), None),
        (lambda: changed(BitsAllocated=12), "header does not describe its pixels"),
        (
            lambda: dataset(COLOURS, SamplesPerPixel=3, PhotometricInterpretation="MONOCHROME2"),
            "MONOCHROME2 does not go with 3 samples a pixel",
        ),
        (lambda: changed(PhotometricInterpretation="HSV"), "interpretation HSV is not read"),
        (lambda: changed(PhotometricInterpretation=TELLTALE[1]), "interpretation is not read"),
        (lambda: changed(PhotometricInterpretation=""), "does not say PhotometricInterpretation"),
        (as_private, r"no decoder is known for its transfer syntax, 1\.2\.3\.4\.5"),
        (
            lambda: encoded_as("1.2.840.10008.1.2.4.100"),
            "no decoder is known for its transfer syntax, MPEG2",
        ),
        (
            lambda: encoded_as("1.2.840.10008.1.2.4.50", BitsStored=8),
            r"its pixels, JPEG Baseline \(Process 1\), are damaged, cut off",
        ),
    ],
)
def test_what_cannot_be_read(make, sentence):
    made = make()
    file = made if isinstance(made, io.BytesIO) else saved(made)
    if sentence is None:
        assert decode(file, image_size=8, channels=1, key="x").shape == (8, 8, 1)
        return
    with pytest.raises(UnreadableImage, match=sentence) as caught:
        decode(file, image_size=8, channels=1, key="x")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("uid", "remedy"),
    [
        ("1.2.840.10008.1.2.4.51", r"pylibjpeg\[libjpeg\]"),
        ("1.2.840.10008.1.2.4.57", r"pylibjpeg\[libjpeg\]"),
        ("1.2.840.10008.1.2.4.70", r"pylibjpeg\[libjpeg\]"),
        ("1.2.840.10008.1.2.4.80", "pyjpegls"),
        ("1.2.840.10008.1.2.4.81", "pyjpegls"),
        ("1.2.840.10008.1.2.4.201", r"pylibjpeg\[openjpeg\]"),
    ],
)
def test_a_decoder_that_is_not_installed_is_named(uid, remedy):
    if set(pydicom.pixels.get_decoder(uid).available_plugins) - {"pillow"}:
        pytest.skip("a plugin that decodes it is installed here")
    made = encoded_as(uid, BitsStored=12)
    with pytest.raises(UnreadableImage, match=f"{UID(uid).name.split(',')[0][:8]}.*{remedy}"):
        read(made)


def test_a_bomb_of_zeros_is_not_inflated(monkeypatch):
    made = dataset(np.zeros((256, 256), np.uint16))
    made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    assert read(made).max() == 0
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    with pytest.raises(UnreadableImage, match="inflates to more than the limit of 80,000 bytes"):
        read(made)


def test_text_and_cut_files_are_sentences():
    whole = saved(dataset(CT, BitsStored=12)).getvalue()
    for data in (b"", b"hello" * 100, *(whole[:at] for at in range(0, len(whole), 97))):
        with pytest.raises(UnreadableImage) as caught:
            decode(io.BytesIO(data), image_size=8, channels=1, key="x")
        assert not [word for word in TELLTALE if word in str(caught.value)]


@given(st.lists(st.tuples(st.integers(128, 760), st.integers(0, 255)), min_size=1, max_size=8))
@settings(max_examples=150)
def test_a_broken_header_decodes_or_is_a_sentence_without_a_patient(changes):
    data = bytearray(saved(dataset(CT, BitsStored=12)).getvalue())
    for place, value in changes:
        data[place] = value
    try:
        out = decode(io.BytesIO(bytes(data)), image_size=8, channels=1, key="x")
    except UnreadableImage as error:
        assert not [word for word in TELLTALE if word in str(error)]
    else:
        assert out.shape == (8, 8, 1)


def quoting():
    """Make a file of whose elements pydicom complains with their values."""
    made = dataset(CT, BitsStored=12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.add_new("RescaleType", "LO", TELLTALE[1] * 20)
        made.add_new("RescaleSlope", "DS", "1.0")
        made.add_new("RescaleIntercept", "DS", "0.00000000000000000001")
        made.NumberOfFrames = None
        return saved(made)


def test_neither_a_warning_nor_a_log_of_pydicom_gets_out(caplog):
    data = [quoting().getvalue(), saved(encoded_as("1.2.840.10008.1.2.4.50")).getvalue()]

    def attempt(number):
        try:
            decode(io.BytesIO(data[number % 2]), image_size=8, channels=1, key="x")
        except UnreadableImage as error:
            return str(error)

    caplog.clear()
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with ThreadPoolExecutor(4) as pool:
            told = list(pool.map(attempt, range(20)))
        logging.getLogger("pydicom").warning("of our own")
    assert [record.message for record in caplog.records] == ["of our own"]
    assert [warning for warning in caught if "pydicom" in warning.filename] == []
    assert not [text for text in told if text and any(word in text for word in TELLTALE)]


def bundled():
    """List the small files that come with pydicom, real ones and broken ones."""
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    return sorted(folder.glob("*.dcm"), key=lambda path: path.name)


@pytest.mark.parametrize("path", bundled(), ids=lambda path: path.name)
def test_whatever_pydicom_decodes_of_its_own_files_is_read(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            whole = pydicom.dcmread(path, force=True)
            pixels = whole.pixel_array
        except Exception:  # a broken file, or one whose plugin is not installed
            whole = None
    if whole is None:
        with pytest.raises(UnreadableImage) as caught:
            decode(path, image_size=8, channels=3, key="x")
        assert len(caught.value.reason) > 15
        return
    with path.open("rb") as file:
        source = open_source(file)
        first = pixels[0] if int(whole.get("NumberOfFrames") or 1) > 1 else pixels
        assert np.array_equal(stored(source, 1), first)
    assert decode(path, image_size=8, channels=3, key="x").shape == (8, 8, 3)
