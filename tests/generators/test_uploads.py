"""Pictures in memory: looked at before they are decoded, cropped upright."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aehash.errors import UsageError
from aehash.generators.images import UnreadableImage, decode
from aehash.generators.sizes import Longest
from aehash.generators.uploads import FORMATS, TooLarge, Upload

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
#: By EXIF orientation: how pixels that are to be seen upright are stored.
STORED = {
    1: PIXELS,
    2: PIXELS[:, ::-1],
    3: PIXELS[::-1, ::-1],
    4: PIXELS[::-1],
    5: PIXELS.transpose(1, 0, 2),
    6: np.rot90(PIXELS),
    7: np.rot90(PIXELS, 2).transpose(1, 0, 2),
    8: np.rot90(PIXELS, -1),
}


def written(pixels, kind="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", STORED)
def test_crops_are_of_the_upright_picture(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = written(np.ascontiguousarray(STORED[orientation]), kind, exif=exif, **options)
    upload = Upload.of(data)
    assert upload.size == (30, 20)
    assert np.array_equal(upload.pixels(None, 3), PIXELS)
    crop = upload.pixels(None, 3, (0.1, 0.5, 0.5, 0.25))
    assert np.array_equal(crop, PIXELS[10:15, 3:18])


@pytest.mark.parametrize("size", [None, 16, Longest(16)])
def test_the_whole_picture_is_what_decode_gives(size):
    data = written(PIXELS, "JPEG")
    whole = decode(io.BytesIO(data), image_size=size, channels=1)
    assert np.array_equal(Upload.of(data).pixels(size, 1), whole)
    cropped = Upload.of(data).pixels(size, 1, (0, 0, 1, 1))
    assert cropped.shape == whole.shape


@given(*(st.floats(0, 1) for _ in range(4)))
def test_boxes_lie_inside(left, top, width, height):
    upload = Upload.of(written(PIXELS))
    try:
        box = upload.box((left, top, width, height))
    except UsageError:
        assert width == 0 or height == 0 or max(left + width, top + height) > 1
        return
    assert 0 <= box[0] < box[2] <= 30
    assert 0 <= box[1] < box[3] <= 20


def test_the_header_says_how_large_it_is():
    data = written(np.zeros((200, 300), np.uint8))
    with pytest.raises(TooLarge, match="300×200 pixels, and 50,000 are allowed"):
        Upload.of(data, pixels=50_000)
    assert Upload.of(data, pixels=60_000).size == (300, 200)


@pytest.mark.parametrize("kind", ["PPM", "TGA", "ICO", "PCX"])
def test_rarer_formats_are_not_read(kind):
    assert kind not in FORMATS
    with pytest.raises(UnreadableImage, match="its format is none of JPEG"):
        Upload.of(written(PIXELS, kind))


def test_a_damaged_picture_is_no_picture():
    data = written(PIXELS)
    with pytest.raises(UnreadableImage, match="mine"):
        Upload.of(data[: len(data) // 2], "mine").pixels(None, 3)
