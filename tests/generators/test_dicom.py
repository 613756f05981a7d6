"""DICOM files written by pydicom become the shades that the standard asks for."""

import io

import numpy as np
import pytest
from dicom_files import (
    dataset,
    encoded,
    linear,
    linear_exact,
    pydicom,
    saved,
    sigmoid,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from aehash.generators.dicom import count_frames, decode
from aehash.generators.images import UnreadableImage
from aehash.generators.images import decode as decode_any


def read(made, size=None, channels=1, frame=1):
    return decode(saved(made), image_size=size, channels=channels, key="x", frame=frame)


def grey(made, **options):
    return read(made, **options)[..., 0]


def assert_shades(out, shades):
    """Compare eight bits with shades in 0…1: each the nearest, a hair left to float32."""
    assert out.dtype == np.uint8
    assert np.abs(out - np.asarray(shades, np.float64) * 255).max() <= 0.5 + 1e-3


CT = np.arange(-2048, 2048, dtype=np.int16).reshape(64, 64)


@pytest.mark.parametrize(
    ("function", "formula"),
    [
        (None, linear),
        ("LINEAR", linear),
        ("LINEAR_EXACT", linear_exact),
        ("SIGMOID", sigmoid),
    ],
)
@pytest.mark.parametrize("invert", [False, True])
def test_a_signed_ct_of_twelve_bits_through_its_window(function, formula, invert):
    made = dataset(CT, BitsStored=12, RescaleSlope=2, RescaleIntercept=-1024)
    made.WindowCenter, made.WindowWidth = [40, 600], [400, 1500]
    if function:
        made.VOILUTFunction = function
    if invert:
        made.PhotometricInterpretation = "MONOCHROME1"
    shades = np.array([formula(2.0 * x - 1024, 40, 400) for x in CT.ravel()]).reshape(CT.shape)
    assert_shades(grey(made), 1 - shades if invert else shades)


@given(
    slope=st.sampled_from([1, 0.5, -1, 3.25]),
    intercept=st.integers(-2000, 2000),
    centre=st.integers(-3000, 3000),
    width=st.integers(1, 5000),
    bits=st.integers(9, 16),
    signed=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_any_window(slope, intercept, centre, width, bits, signed, seed):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
    kind = np.int16 if signed else np.uint16
    pixels = np.random.default_rng(seed).integers(low, high, (5, 7)).astype(kind)
    made = dataset(pixels, BitsStored=bits, RescaleSlope=slope, RescaleIntercept=intercept)
    made.WindowCenter, made.WindowWidth = centre, width
    real = pixels.astype(float) * slope + intercept
    shades = [[linear(x, centre, width) for x in row] for row in real]
    assert_shades(grey(made), shades)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("signed", [False, True])
def test_without_a_window_deep_greys_are_stretched(bits, signed):
    kind = np.int16 if signed else np.uint16
    pixels = np.random.default_rng(bits).integers(0, 2 ** (bits - 1), (6, 6)).astype(kind)
    made = dataset(pixels - 3 * signed, BitsStored=bits, RescaleSlope=-2, RescaleIntercept=5)
    real = pixels * -2.0
    assert_shades(grey(made), (real - real.min()) / (real.max() - real.min()))


@pytest.mark.parametrize(("width", "function"), [(0, "LINEAR"), (0.5, "LINEAR"), (-3, "SIGMOID")])
def test_a_window_the_standard_does_not_allow_counts_as_none(width, function):
    pixels = np.array([[100, 200], [300, 500]], np.uint16)
    made = dataset(pixels, WindowCenter=150, WindowWidth=width, VOILUTFunction=function)
    assert_shades(grey(made), (pixels - 100.0) / 400)


def test_eight_bits_keep_their_shades():
    pixels = np.random.default_rng(0).integers(40, 90, (9, 9)).astype(np.uint8)
    assert np.array_equal(grey(dataset(pixels)), pixels)
    assert np.array_equal(grey(dataset(pixels, RescaleSlope=3, RescaleIntercept=-7)), pixels)
    inverted = dataset(pixels, PhotometricInterpretation="MONOCHROME1")
    assert np.array_equal(grey(inverted), 255 - pixels)
    signed = dataset((pixels.astype(int) - 128).astype(np.int8))
    assert np.array_equal(grey(signed), pixels)
    six = dataset(pixels // 4, BitsStored=6)
    assert_shades(grey(six), pixels // 4 / 63)


def test_thirty_two_bits_and_real_numbers():
    pixels = np.array([[-(2**30), 0], [5, 2**30]], np.int32)
    assert_shades(grey(dataset(pixels)), (pixels + 2.0**30) / 2**31)
    made = dataset(np.zeros((2, 2), np.uint32), BitsStored=32, PixelRepresentation=None)
    del made.PixelData, made.BitsStored
    made.FloatPixelData = np.array([-1, 0, 0.5, 3], np.float32).tobytes()
    assert_shades(grey(made), np.array([[0, 0.25], [0.375, 1]]))
    made.FloatPixelData = np.array([np.nan, 0, 0.5, 3], np.float32).tobytes()
    with pytest.raises(UnreadableImage, match="NaN or infinity"):
        read(made)


def test_one_bit():
    bits = np.array([[0, 1, 1, 0], [1, 0, 0, 1]], np.uint8)
    made = dataset(np.packbits(bits.ravel(), bitorder="little").reshape(1, 1))
    made.Rows, made.Columns, made.BitsAllocated, made.BitsStored, made.HighBit = 2, 4, 1, 1, 0
    assert np.array_equal(grey(made), bits * 255)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("limit", [None, 3])
def test_padding_is_black_and_counts_for_no_range(invert, limit):
    pixels = np.array([[1, 1, 3], [2000, 2500, 3000]], np.uint16)
    made = dataset(pixels, BitsStored=12, PixelPaddingValue=1)
    if limit:
        made.PixelPaddingRangeLimit = limit
    if invert:
        made.PhotometricInterpretation = "MONOCHROME1"
    low = 2000 if limit else 3
    shades = (pixels.astype(float) - low) / (3000 - low)
    shades = 1 - shades if invert else shades
    shades[pixels <= (limit or 1)] = 0
    assert_shades(grey(made), shades)


def test_padding_written_with_the_other_sign():
    pixels = np.array([[-2000, 0], [500, 1000]], np.int16)
    made = dataset(pixels)
    made.add_new("PixelPaddingValue", "US", 2**16 - 2000)
    assert_shades(grey(made), [[0, 0], [0.5, 1]])


def table(entries, first, bits, data, kind="OW"):
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [entries % 2**16, first, bits])
    item.add_new("LUTData", kind, data)
    return item


def test_a_voi_table_of_sixteen_bits_as_pydicom_reads_it():
    pixels = np.random.default_rng(1).integers(0, 4096, (8, 8)).astype(np.uint16)
    curve = (np.sqrt(np.arange(3000) / 2999) * 65_535).astype("<u2")
    made = dataset(pixels, BitsStored=12)
    made.VOILUTSequence = [table(3000, 500, 16, curve.tobytes())]
    made.WindowCenter, made.WindowWidth = 1, 2  # the table goes first
    assert_shades(grey(made), apply_voi(pixels, made) / 65_535)
    assert_shades(grey(made), curve[np.clip(pixels.astype(int) - 500, 0, 2999)] / 65_535)
    made.VOILUTSequence = [table(3000, 500, 16, curve.tolist(), "US")]
    assert_shades(grey(made), apply_voi(pixels, made) / 65_535)


@pytest.mark.parametrize("packed", [True, False])
def test_a_voi_table_of_many_entries_of_eight_bits(packed):
    pixels = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    curve = (255 - np.arange(4096) // 16).astype(np.uint8 if packed else "<u2")
    made = dataset(pixels, BitsStored=12)
    made.VOILUTSequence = [table(4096, 0, 8, curve.tobytes())]
    assert np.array_equal(grey(made), curve.reshape(64, 64))


def test_a_modality_table_then_a_window():
    pixels = np.random.default_rng(2).integers(0, 256, (8, 8)).astype(np.uint8)
    curve = (np.arange(256, dtype="<u2") ** 2 // 4).astype("<u2")
    made = dataset(pixels)
    made.ModalityLUTSequence = [table(256, 0, 16, curve.tobytes())]
    made.WindowCenter, made.WindowWidth = 3000, 9000
    real = apply_modality_lut(pixels, made)
    shades = [[linear(float(x), 3000, 9000) for x in row] for row in real]
    assert_shades(grey(made), shades)


def test_a_table_that_is_cut_off():
    made = dataset(np.arange(16, dtype=np.uint16).reshape(4, 4))
    made.VOILUTSequence = [table(4096, 0, 16, b"\0\1" * 9)]
    with pytest.raises(UnreadableImage, match="lookup tables is cut off"):
        read(made)


COLOURS = np.random.default_rng(4).integers(0, 256, (6, 8, 3)).astype(np.uint8)


@pytest.mark.parametrize("planar", [0, 1])
def test_rgb(planar):
    pixels = COLOURS if planar == 0 else np.ascontiguousarray(np.moveaxis(COLOURS, 2, 0))
    made = dataset(COLOURS, SamplesPerPixel=3, PlanarConfiguration=planar)
    made.PixelData = pixels.tobytes()
    assert np.array_equal(read(made, channels=3), COLOURS)
    exact = np.asarray(Image.fromarray(COLOURS).convert("L"))
    assert np.array_equal(grey(made), exact)


def test_rgb_of_sixteen_bits():
    pixels = np.random.default_rng(5).integers(0, 2**12, (5, 5, 3)).astype(np.uint16)
    made = dataset(pixels, SamplesPerPixel=3, BitsStored=12)
    assert_shades(read(made, channels=3), pixels / 4095)


def ybr(rgb):
    """PS3.3 C.7.6.3.1.2."""
    matrix = [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]]
    return np.clip(np.rint(rgb @ np.array(matrix).T + [0, 128, 128]), 0, 255).astype(np.uint8)


def test_ybr_full():
    made = dataset(ybr(COLOURS), SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL")
    out = read(made, channels=3).astype(int)
    assert np.abs(out - COLOURS).max() <= 3


def test_ybr_full_422():
    pairs = np.repeat(COLOURS[:, ::2], 2, axis=1)
    parts = ybr(pairs)
    packed = np.stack(
        [parts[:, ::2, 0], parts[:, 1::2, 0], parts[:, ::2, 1], parts[:, ::2, 2]], axis=2
    )
    made = dataset(parts, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422")
    made.PixelData = packed.tobytes()
    assert np.abs(read(made, channels=3).astype(int) - pairs).max() <= 3


def palette(pixels, entries, first, bits):
    rng = np.random.default_rng(6)
    made = dataset(pixels, PhotometricInterpretation="PALETTE COLOR")
    kind = np.uint8 if bits == 8 else np.dtype("<u2")
    for colour in ("Red", "Green", "Blue"):
        values = rng.integers(0, 2**bits, entries).astype(kind)
        setattr(made, f"{colour}PaletteColorLookupTableDescriptor", [entries % 2**16, first, bits])
        setattr(made, f"{colour}PaletteColorLookupTableData", values.tobytes())
    return made


@pytest.mark.parametrize(("bits", "first"), [(8, 0), (16, 0), (16, 10)])
def test_palette_colour(bits, first):
    pixels = np.random.default_rng(7).integers(first, 200 + first, (6, 6)).astype(np.uint8)
    made = palette(pixels, 200, first, bits)
    exact = apply_color_lut(pixels, made) / (2**bits - 1)
    assert_shades(read(made, channels=3), exact)


def test_palette_positions_outside_take_the_last_colour():
    pixels = np.array([[5, 255], [256, 60_000]], np.uint16)
    out = read(palette(pixels, 256, 0, 8), channels=3)
    assert (out[1] == out[0, 1]).all()


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
    ],
)
def test_lossless_transfer_syntaxes(syntax):
    made = dataset(CT, BitsStored=12, WindowCenter=0, WindowWidth=3000)
    expected = grey(made)
    if syntax == RLELossless:
        made.compress(RLELossless)
    elif syntax == ExplicitVRBigEndian:
        made.PixelData = CT.astype(">i2").tobytes()
    made.file_meta.TransferSyntaxUID = syntax
    assert np.array_equal(grey(made), expected)


def test_rle_colours():
    made = dataset(COLOURS, SamplesPerPixel=3)
    made.compress(RLELossless)
    assert np.array_equal(read(made, channels=3), COLOURS)


def compressed(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_jpeg_baseline():
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
    made = encoded(dataset(ramp), JPEGBaseline8Bit, compressed(Image.fromarray(ramp), "JPEG"))
    assert np.abs(grey(made).astype(int) - ramp).max() <= 3
    flat = np.full((32, 32, 3), (200, 60, 30), np.uint8)
    made = dataset(flat, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422")
    made = encoded(made, JPEGBaseline8Bit, compressed(Image.fromarray(flat), "JPEG"))
    assert np.abs(read(made, channels=3).astype(int) - flat).max() <= 3


def test_jpeg_2000():
    if not pydicom.pixels.get_decoder(JPEG2000Lossless).is_available:
        pytest.skip("this Pillow decodes no JPEG 2000")
    pixels = COLOURS[..., 0]
    stream = compressed(Image.fromarray(pixels), "JPEG2000", no_jp2=True, irreversible=False)
    assert np.array_equal(grey(encoded(dataset(pixels), JPEG2000Lossless, stream)), pixels)
    deep = np.random.default_rng(8).integers(0, 2**16, (32, 32)).astype(np.uint16)
    stream = compressed(Image.fromarray(deep), "JPEG2000", no_jp2=True, irreversible=False)
    made = encoded(dataset(deep), JPEG2000Lossless, stream)
    made.WindowCenter, made.WindowWidth, made.VOILUTFunction = 32_768, 65_536, "LINEAR_EXACT"
    assert_shades(grey(made), np.vectorize(linear_exact)(deep.astype(float), 32_768, 65_536))


def test_implicit_without_a_preamble():
    made = dataset(CT, BitsStored=12, WindowCenter=0, WindowWidth=3000)
    expected = grey(made)
    del made.file_meta
    file = io.BytesIO()
    made.save_as(file, implicit_vr=True, little_endian=True)
    file.seek(0)
    assert file.getvalue()[128:132] != b"DICM"
    assert np.array_equal(decode(file, image_size=None, channels=1, key="x")[..., 0], expected)


def test_scaling_is_done_before_eight_bits_are_kept():
    pixels = np.random.default_rng(9).integers(0, 4096, (48, 48)).astype(np.uint16)
    made = dataset(pixels, BitsStored=12, WindowCenter=2048, WindowWidth=4096)
    shades = np.vectorize(linear)(pixels.astype(float), 2048, 4096)
    image = Image.fromarray(shades.astype(np.float32))
    exact = np.asarray(image.resize((7, 7), Image.Resampling.BILINEAR))
    assert_shades(grey(made, size=7), exact)
    assert np.array_equal(read(made, size=7, channels=3)[..., 2], grey(made, size=7))


FRAMES = np.random.default_rng(10).integers(0, 4096, (5, 6, 8)).astype(np.uint16)


@pytest.mark.parametrize("rle", [False, True])
def test_frames(rle, tmp_path):
    made = dataset(FRAMES, BitsStored=12, WindowCenter=2048, WindowWidth=4096)
    if rle:
        made.compress(RLELossless)
    path = saved(made, tmp_path / "heart.dcm")
    assert count_frames(path) == (5, 5)
    for number, frame in enumerate(FRAMES, start=1):
        out = decode_any(path, image_size=None, channels=1, frame=number)[..., 0]
        assert_shades(out, np.vectorize(linear)(frame.astype(float), 2048, 4096))
    with pytest.raises(UnreadableImage, match=r"heart\.dcm.* 5 frames, so none is number 6"):
        decode_any(path, image_size=None, channels=1, frame=6)


def test_frames_of_one_bit_do_not_end_on_bytes():
    bits = np.random.default_rng(11).integers(0, 2, (3, 3, 3)).astype(np.uint8)
    made = dataset(np.packbits(bits.ravel(), bitorder="little").reshape(1, -1))
    made.NumberOfFrames, made.Rows, made.Columns = 3, 3, 3
    made.BitsAllocated, made.BitsStored, made.HighBit = 1, 1, 0
    for number in (1, 2, 3):
        assert np.array_equal(grey(made, frame=number), bits[number - 1] * 255)


def group(centre, width, slope):
    item = Dataset()
    window, values = Dataset(), Dataset()
    window.WindowCenter, window.WindowWidth = centre, width
    values.RescaleSlope, values.RescaleIntercept = slope, 0
    item.FrameVOILUTSequence, item.PixelValueTransformationSequence = [window], [values]
    return item


def test_each_frame_of_an_enhanced_picture_has_its_own_window():
    made = dataset(FRAMES[:2], BitsStored=12)
    made.SharedFunctionalGroupsSequence = [group(1, 2, 1)]
    made.PerFrameFunctionalGroupsSequence = [group(1000, 500, 1), group(3000, 4000, 2)]
    for number, (centre, width, slope) in enumerate([(1000, 500, 1), (3000, 4000, 2)], start=1):
        real = FRAMES[number - 1].astype(float) * slope
        assert_shades(grey(made, frame=number), np.vectorize(linear)(real, centre, width))
    made.PerFrameFunctionalGroupsSequence = [Dataset(), Dataset()]
    assert set(np.unique(grey(made, frame=2))) <= {0, 127, 128, 255}


@pytest.mark.parametrize("kind", [np.uint16, np.int16])
@pytest.mark.parametrize("rle", [False, True])
def test_values_in_the_upper_bits_of_their_words(kind, rle):
    low = -2048 if kind is np.int16 else 0
    values = np.linspace(low, low + 4095, 64).astype(kind).reshape(8, 8)
    plain = dataset(values, BitsStored=12)
    older = dataset(values << 4 | 9, BitsStored=12)  # PS3.5 of 2014 and before; 9 is no part of it
    older.HighBit = 15
    if rle:
        older.compress(RLELossless)
    assert np.array_equal(read(older), read(plain))
    older = dataset(values, BitsStored=12)
    older.HighBit = 7  # cannot be
    assert np.array_equal(read(older), read(plain))


@pytest.mark.parametrize("rows", [0, None])
def test_frames_of_no_rows_are_not_counted(rows, tmp_path):
    made = dataset(np.zeros((9, 8, 8), np.uint8), Rows=rows, NumberOfFrames=9_999)
    assert count_frames(saved(made, tmp_path / "x.dcm")) == (9_999, 1)
