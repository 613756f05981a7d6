"""16-bit PNG and TIFF are scaled at their full depth, exactly as a slow twin does in float64."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aehash.generators.deep import Greys, fit_deep, fit_shades
from aehash.generators.images import decode

SIDE = 6


def squashed(values, size):
    """Scale to a square by the triangle filter, number by number in float64."""

    def along(line):
        scale = len(line) / size
        reach = max(scale, 1.0)
        out = []
        for place in range(size):
            centre = (place + 0.5) * scale
            first = max(0, int(centre - reach + 0.5))
            near = range(first, min(len(line), int(centre + reach + 0.5)))
            weights = [max(0.0, 1 - abs((x + 0.5 - centre) / reach)) for x in near]
            out.append(np.dot(weights, line[near.start : near.stop]) / sum(weights))
        return np.array(out)

    rows = np.array([along(row) for row in np.asarray(values, np.float64)])
    return np.array([along(column) for column in rows.T]).T


def assert_floor(out, exact):
    """Compare with the floor of the exact levels, which float32 may miss by a hair."""
    assert out.dtype == np.uint8
    near = np.abs(exact - np.rint(exact)) < 1e-3
    assert np.array_equal(out[~near], np.floor(exact)[~near])
    assert np.abs(out[near] - np.rint(exact)[near]).max(initial=0) <= 1


def stored(values, kind):
    file = io.BytesIO()
    Image.fromarray(values).save(file, kind)
    file.seek(0)
    return file


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(1, 40), width=st.integers(1, 40))
@settings(max_examples=25)
def test_scaling_is_done_at_full_depth(kind, seed, height, width):
    values = np.random.default_rng(seed).integers(0, 2**16, (height, width)).astype(np.uint16)
    out = decode(stored(values, kind), image_size=SIDE, channels=1)[..., 0]
    assert_floor(out, squashed(values, SIDE) / 256)


def test_scaling_eight_bits_would_differ():
    values = np.random.default_rng(1).integers(0, 2**16, (60, 60)).astype(np.uint16)
    eight = Image.fromarray((values >> 8).astype(np.uint8))
    before = np.asarray(eight.resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float64)
    after = decode(stored(values, "PNG"), image_size=SIDE, channels=1)[..., 0]
    exact = squashed(values, SIDE) / 256
    assert np.abs(after + 0.5 - exact).max() <= 0.5 + 1e-3
    assert np.abs(before + 0.5 - exact).max() > 0.5 + 1e-3


def test_a_dark_picture_keeps_its_steps_where_its_depth_is_given():
    ramp = np.tile(np.arange(256, dtype=np.uint16), (256, 1))  # less than one step of eight bits
    assert decode(stored(ramp, "PNG"), image_size=8, channels=1).max() == 0
    assert decode(stored(ramp, "PNG"), image_size=8, channels=1, depth=8).max() > 230


@pytest.mark.parametrize(
    ("depth", "values", "expected"),
    [
        (16, [0, 255, 256, 65_535], [0, 0, 1, 255]),
        (12, [0, 15, 16, 4_095], [0, 0, 1, 255]),
        (12, [4_096, 5_000, 65_535, 16], [255, 255, 255, 1]),
        (8, [0, 1, 128, 255], [0, 1, 128, 255]),
        (10, [0, 4, 512, 1_023], [0, 1, 128, 255]),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_depth_given_by_the_user(kind, depth, values, expected):
    file = stored(np.array([values], np.uint16), kind)
    out = decode(file, image_size=None, channels=1, depth=depth)
    assert out.ravel().tolist() == expected


def tiff(bits, data, width, height, photometric=1):
    """Write a bare little-endian TIFF of one strip."""
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 277: 1, 278: height}
    at = 8 + len(data) + len(data) % 2
    entries = {**tags, 273: 8, 279: len(data)}
    packed = b"".join(struct.pack("<HHII", tag, 4, 1, entries[tag]) for tag in sorted(entries))
    body = data + b"\0" * (len(data) % 2)
    return io.BytesIO(
        b"II*\0"
        + struct.pack("<I", at)
        + body
        + struct.pack("<H", len(entries))
        + packed
        + b"\0" * 4
    )


def test_a_tiff_of_twelve_bits_says_so_itself():
    values = [0, 15, 16, 4_095, 2_048, 100]
    pairs = zip(values[::2], values[1::2], strict=True)
    data = b"".join(bytes([a >> 4, (a & 15) << 4 | b >> 8, b & 255]) for a, b in pairs)
    out = decode(tiff(12, data, 6, 1), image_size=None, channels=1).ravel().tolist()
    assert out == [0, 0, 1, 255, 128, 6]


def test_a_tiff_whose_white_is_zero():
    values = np.array([0, 256, 65_535], "<u2")
    out = decode(tiff(16, values.tobytes(), 3, 1, photometric=0), image_size=None, channels=1)
    assert out.ravel().tolist() == [255, 254, 0]


def test_a_sixteen_bit_picture_is_turned_as_exif_says():
    values = (np.arange(12).reshape(3, 4) * 256).astype(np.uint16)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG", exif=exif)
    out = decode(io.BytesIO(file.getvalue()), image_size=None, channels=1)[..., 0]
    assert np.array_equal(out, np.rot90(np.arange(12).reshape(3, 4), -1))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_real_numbers_and_stretched_ones(seed):
    rng = np.random.default_rng(seed)
    unit = rng.random((9, 13)).astype(np.float32)
    out = fit_deep(Image.fromarray(unit), SIDE, 1)[..., 0]
    assert np.abs(out - squashed(unit, SIDE) * 255).max() <= 0.5 + 1e-3
    wide = (unit * 5_000 - 1_000).astype(np.float32)
    exact = (squashed(wide, SIDE) - wide.min()) * 255 / (wide.max() - wide.min())
    assert np.abs(fit_deep(Image.fromarray(wide), SIDE, 1)[..., 0] - exact).max() <= 0.5 + 1e-2


def test_three_channels_repeat_a_grey():
    values = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5_000
    image = Image.fromarray(values)
    grey = fit_deep(image, 2, 1, Greys())
    assert np.array_equal(fit_deep(image, 2, 3), np.repeat(grey, 3, axis=2))


def test_shades_of_grey_and_colour():
    shades = np.random.default_rng(3).random((7, 5)).astype(np.float32)
    out = fit_shades(shades, 4, 3)
    assert out.shape == (4, 4, 3)
    assert np.abs(out[..., 0] - squashed(shades, 4) * 255).max() <= 0.5 + 1e-3
    colours = np.stack([shades, 1 - shades, shades / 2], axis=2)
    assert fit_shades(colours, None, 3).shape == (7, 5, 3)
    exact = (colours @ [0.299, 0.587, 0.114]) * 255
    assert np.abs(fit_shades(colours, None, 1)[..., 0] - exact).max() <= 0.5 + 1e-3
