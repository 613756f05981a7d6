"""Every mode and format Pillow reads becomes the right uint8 pixels, or a clear error."""

import io
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aehash.generators.images import UnreadableImage, decode, fit, fit_batch, suffixes


def saved(image: Image.Image, kind: str, **options: object) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def read(image: Image.Image, kind: str = "PNG", channels: int = 3, **options: object) -> np.ndarray:
    return decode(saved(image, kind, **options), image_size=None, channels=channels)


def gradient(height: int = 5, width: int = 7) -> np.ndarray:
    return (np.arange(height * width * 3) * 2 % 256).astype(np.uint8).reshape(height, width, 3)


def test_rgb_png_is_exact() -> None:
    pixels = gradient()
    assert np.array_equal(read(Image.fromarray(pixels)), pixels)


def test_grey_png_is_exact_and_repeats_into_rgb() -> None:
    pixels = gradient()[..., 0]
    assert np.array_equal(read(Image.fromarray(pixels), channels=1)[..., 0], pixels)
    assert np.array_equal(read(Image.fromarray(pixels)), np.repeat(pixels[..., None], 3, 2))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_greys_keep_their_upper_byte(kind: str) -> None:
    values = np.array([[0, 255, 256, 4095], [32767, 32768, 65280, 65535]], np.uint16)
    out = read(Image.fromarray(values), kind, channels=1)[..., 0]
    assert out.tolist() == (values >> 8).tolist()
    assert read(Image.fromarray(values), kind).shape == (2, 4, 3)


def test_big_endian_sixteen_bit_tiff() -> None:
    values = np.array([[0, 513, 65535]], np.uint16)
    image = Image.frombytes("I;16B", (3, 1), values.astype(">u2").tobytes())
    assert read(image, "TIFF", channels=1).ravel().tolist() == [0, 2, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 256, 65535]], np.int32), [0, 1, 255]),
        (np.array([[-100, 0, 100]], np.int32), [0, 128, 255]),
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 127.4, 255.0]], np.float32), [0, 127, 255]),
        (np.array([[-1.0, 0.0, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[7e4, 7e4, 7e4]], np.float32), [0, 0, 0]),
    ],
)
def test_deep_tiff(values: np.ndarray, expected: list[int]) -> None:
    assert read(Image.fromarray(values), "TIFF", channels=1).ravel().tolist() == expected


def test_nan_in_a_float_tiff_is_unreadable() -> None:
    image = Image.fromarray(np.array([[np.nan, 1]], np.float32))
    with pytest.raises(UnreadableImage, match="NaN"):
        read(image, "TIFF")


def test_one_bit() -> None:
    image = Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1")
    assert read(image, channels=1).ravel().tolist() == [0, 255]


def test_transparency_lies_on_white() -> None:
    pixels = np.array([[[10, 20, 30, 0], [10, 20, 30, 255], [0, 0, 0, 51]]], np.uint8)
    expected = [[255, 255, 255], [10, 20, 30], [204, 204, 204]]
    assert read(Image.fromarray(pixels))[0].tolist() == expected


def test_grey_with_alpha() -> None:
    pixels = np.array([[[10, 0], [10, 255]]], np.uint8)
    image = Image.merge("LA", [Image.fromarray(pixels[..., band]) for band in (0, 1)])
    assert read(image, channels=1).ravel().tolist() == [255, 10]


def test_palette_with_and_without_transparency() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([200, 0, 0, 0, 200, 0])
    image.putpixel((1, 0), 1)
    assert read(image)[0].tolist() == [[200, 0, 0], [0, 200, 0]]
    assert read(image, transparency=0)[0].tolist() == [[255, 255, 255], [0, 200, 0]]


def test_rgb_png_with_one_transparent_colour() -> None:
    image = Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8))
    assert read(image, transparency=(1, 2, 3))[0].tolist() == [[255, 255, 255], [4, 5, 6]]


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_cmyk_file(kind: str) -> None:
    out = read(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), kind)
    assert np.abs(out[4, 4].astype(int) - [254, 0, 0]).max() <= 12


@pytest.mark.parametrize(
    ("mode", "colour"),
    [
        ("CMYK", (0, 255, 255, 0)),
        ("YCbCr", (76, 85, 255)),
        ("LAB", (136, 208, 195)),
        ("HSV", (0, 255, 255)),
        ("RGBX", (255, 0, 0, 9)),
        ("RGBa", (255, 0, 0, 255)),
    ],
)
def test_other_colour_spaces_become_red(mode: str, colour: tuple[int, ...]) -> None:
    image = Image.new(mode, (3, 2), colour)
    assert np.abs(fit(image, None, 3).astype(int) - [254, 0, 0]).max() <= 12
    assert np.abs(fit(image, None, 1).astype(int) - 76).max() <= 6
    assert fit(image, 5, 3).shape == (5, 5, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(kind: str, orientation: int) -> None:
    upright = np.zeros((24, 16, 3), np.uint8)
    upright[:8, :8] = 255
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    out = read(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, **options)
    assert out.shape == upright.shape
    assert np.abs(out.astype(int) - upright).max() < 40


def test_damaged_exif_counts_as_upright() -> None:
    pixels = gradient()
    out = read(Image.fromarray(pixels), exif=b"Exif\0\0MM\0*\0\0\xff\xff\xff\xff")
    assert np.array_equal(out, pixels)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_first_frame_of_many(kind: str) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    out = read(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert out[0, 0].tolist() == [255, 0, 0]


def test_resizing_squashes_to_a_square() -> None:
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 15:] = 200
    out = decode(saved(Image.fromarray(pixels), "PNG"), image_size=8, channels=1)
    assert out.shape == (8, 8, 1)
    assert out[:, 0].max() == 0
    assert out[:, -1].min() == 200


def test_a_big_jpeg_is_drafted_to_nearly_the_same_pixels() -> None:
    ramp = np.linspace(0, 255, 1024).astype(np.uint8)
    pixels = np.stack([np.tile(ramp, (768, 1)), np.tile(ramp[:768, None], (1, 1024))] * 2, 2)
    image = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    small = decode(saved(image, "JPEG", quality=95), image_size=32, channels=3)
    whole = np.asarray(image.resize((32, 32), Image.Resampling.BILINEAR))
    assert np.abs(small.astype(int) - whole).max() <= 4


def test_a_truncated_jpeg_is_unreadable() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), "JPEG").getvalue()
    with pytest.raises(UnreadableImage, match="truncated"):
        decode(io.BytesIO(data[: len(data) // 2]), image_size=None, channels=3)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF", "WEBP", "JPEG"])
def test_every_cut_decodes_or_says_why(kind: str) -> None:
    data = saved(Image.fromarray(gradient(16, 16)), kind).getvalue()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for length in range(0, len(data), max(1, len(data) // 25)):
            try:
                out = decode(io.BytesIO(data[:length]), image_size=8, channels=3, key="x")
            except UnreadableImage as error:
                assert error.key == "x"
                assert error.reason
            else:
                assert out.shape == (8, 8, 3)


def test_text_a_missing_file_and_postscript(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("hello")
    (tmp_path / "b.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    for name in ("a.png", "b.eps"):
        with pytest.raises(UnreadableImage, match="not one that Pillow knows"):
            decode(tmp_path / name, image_size=8, channels=3)
    with pytest.raises(UnreadableImage, match=r"c\.png.*no such file"):
        decode(tmp_path / "c.png", image_size=8, channels=3)
    assert ".eps" not in suffixes()
    assert {".jpg", ".png", ".tif", ".gif", ".webp", ".bmp"} <= suffixes()


@pytest.mark.parametrize("limit", [300, 100])
@pytest.mark.parametrize("action", ["ignore", "error"])
def test_a_bomb_is_refused_on_every_thread(
    limit: int, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = saved(Image.new("RGB", (20, 20)), "PNG").getvalue()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)

    def reason(_: int) -> str:
        with pytest.raises(UnreadableImage) as caught:
            decode(io.BytesIO(data), image_size=8, channels=3, key="bomb")
        return caught.value.reason

    with warnings.catch_warnings():
        warnings.simplefilter(action, Image.DecompressionBombWarning)
        with ThreadPoolExecutor(4) as pool:
            assert all("pixels" in text for text in pool.map(reason, range(16)))


def test_an_unreadable_image_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(UnreadableImage("a/b.jpg", "truncated")))
    assert (error.key, error.reason) == ("a/b.jpg", "truncated")


def test_fit_batch_agrees_with_decoding_one_by_one() -> None:
    images = np.random.default_rng(1).integers(0, 256, (3, 9, 9, 3), dtype=np.uint8)
    for size, channels in [(9, 3), (9, 1), (5, 3), (None, 1)]:
        out = fit_batch(images, size, channels)
        for pixels, got in zip(images, out, strict=True):
            file = saved(Image.fromarray(pixels), "PNG")
            assert np.array_equal(got, decode(file, image_size=size, channels=channels))
    assert fit_batch(images, 9, 3) is images
