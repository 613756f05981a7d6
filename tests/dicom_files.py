"""Small DICOM files written by pydicom, and the standard's formulas of a window."""

import io

import numpy as np
import pytest

pydicom = pytest.importorskip(
    "pydicom", reason="pydicom is not installed: pip install 'aehash[medical]'"
)
from pydicom.dataset import Dataset, FileMetaDataset  # noqa: E402
from pydicom.encaps import encapsulate  # noqa: E402
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid  # noqa: E402

TELLTALE = ("Mustermann^Erika", "PID-8472615", "ACC-9913377", "19620408", "Haus^Gregor", "Charité")
"""What names or dates a patient in the files written here."""


def dataset(pixels, **elements):
    """Make a DICOM picture of an array.

    Args:
        pixels: (H, W), (frames, H, W) or, where SamplesPerPixel is 3, with a last axis of 3.
        **elements: By keyword, beside or in place of those made up; None leaves one out.
    """
    pixels = np.asarray(pixels)
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = CTImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = generate_uid()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.PatientName, made.PatientID, made.AccessionNumber = TELLTALE[:3]
    made.PatientBirthDate, made.ReferringPhysicianName, made.InstitutionName = TELLTALE[3:]
    samples = elements.get("SamplesPerPixel", 1)
    shape = pixels.shape[: -1 if samples == 3 else None]
    made.Rows, made.Columns = shape[-2:]
    if len(shape) == 3:
        made.NumberOfFrames = shape[0]
    made.SamplesPerPixel = samples
    made.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    if samples == 3:
        made.PlanarConfiguration = 0
    bits = pixels.dtype.itemsize * 8
    made.BitsAllocated, made.BitsStored, made.HighBit = bits, bits, bits - 1
    made.PixelRepresentation = int(pixels.dtype.kind == "i")
    made.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    made["PixelData"].VR = "OB" if bits == 8 else "OW"
    for word, value in elements.items():
        if value is None:
            del made[word]
        else:
            setattr(made, word, value)
    made.HighBit = made.get("BitsStored", 1) - 1
    return made


def encoded(made, syntax, *frames):
    """Put compressed frames in the place of the pixels."""
    made.file_meta.TransferSyntaxUID = syntax
    made.PixelData = encapsulate(list(frames))
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    return made


def saved(made, path=None, **options):
    """Write a picture, to a file or to memory."""
    target = io.BytesIO() if path is None else path
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    made.save_as(target, **({"enforce_file_format": True} | options))
    if path is None:
        target.seek(0)
    return target


def linear(x, centre, width):
    """PS3.3 C.11.2.1.2.1, with 0 and 1 as the smallest and largest output."""
    if x <= centre - 0.5 - (width - 1) / 2:
        return 0.0
    if x > centre - 0.5 + (width - 1) / 2:
        return 1.0
    return (x - (centre - 0.5)) / (width - 1) + 0.5


def linear_exact(x, centre, width):
    """PS3.3 C.11.2.1.3.2."""
    if x <= centre - width / 2:
        return 0.0
    if x > centre + width / 2:
        return 1.0
    return (x - centre) / width + 0.5


def sigmoid(x, centre, width):
    """PS3.3 C.11.2.1.3.1."""
    return 1 / (1 + np.exp(-4 * (x - centre) / width))
