"""Pictures that keep their aspect, and parts of pictures."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aehash.errors import UsageError
from aehash.generators.images import decode, fit_batch
from aehash.generators.sizes import Longest, target


def picture(height, width, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype("uint8")
    return Image.fromarray(pixels)


def decoded(image, size, kind="PNG", channels=3, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return decode(file, image_size=size, channels=channels)


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 2000))
def test_the_longest_side_is_fitted_and_never_enlarged(width, height, side):
    found = target(width, height, Longest(side))
    assert max(found) == min(side, max(width, height))
    scale = max(found) / max(width, height)
    for own, wanted in zip((width, height), found, strict=True):
        assert abs(wanted - own * scale) <= 0.5 or wanted == 1
    whole = Longest(side, (0, 0, width, height))
    assert target(width, height, whole) == found


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (40, 80, (16, 32)),
        (80, 40, (32, 16)),
        (20, 30, (20, 30)),
        (1, 90, (1, 32)),
        (33, 32, (32, 31)),
    ],
)
def test_decoding_keeps_the_aspect(height, width, expected):
    image = picture(height, width)
    found = decoded(image, Longest(32))
    assert found.shape == (*expected, 3)
    resized = image.resize(expected[::-1], Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(found, np.asarray(resized))
    again = fit_batch(np.asarray(image)[None], Longest(32), 3)[0]
    np.testing.assert_array_equal(again, found)


def test_a_box_is_cut_at_the_scale_of_the_whole_image():
    image = picture(60, 100)
    found = decoded(image, Longest(50, (10, 20, 90, 60)))
    expected = image.crop((10, 20, 90, 60)).resize((40, 20), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(found, np.asarray(expected))
    small = decoded(image, Longest(200, (10, 20, 90, 60)))
    np.testing.assert_array_equal(small, np.asarray(image)[20:60, 10:90])
    batch = fit_batch(np.asarray(image)[None], Longest(200, (10, 20, 90, 60)), 3)
    np.testing.assert_array_equal(batch[0], small)


def test_deep_greys_keep_the_aspect_too():
    levels = np.random.default_rng(0).integers(0, 65536, (20, 40)).astype("uint16")
    image = Image.fromarray(levels)
    assert decoded(image, Longest(10), channels=1).shape == (5, 10, 1)
    part = decoded(image, Longest(40, (4, 2, 12, 20)), channels=1)
    np.testing.assert_array_equal(part[..., 0], levels[2:20, 4:12] >> 8)


def test_a_turned_jpeg_is_fitted_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    found = decoded(picture(400, 600), Longest(30), "JPEG", exif=exif.tobytes())
    assert found.shape == (30, 20, 3)


@pytest.mark.parametrize(
    "box", [(0, 0, 101, 10), (-1, 0, 10, 10), (10, 0, 10, 10), (0, 9, 10, 8), (0, 0, 10, 61)]
)
def test_a_box_outside_is_a_sentence(box):
    with pytest.raises(UsageError, match=r"does not lie inside the image's 100×60 pixels"):
        decoded(picture(60, 100), Longest(50, box))
    with pytest.raises(UsageError, match="longest side is 0"):
        Longest(0)
