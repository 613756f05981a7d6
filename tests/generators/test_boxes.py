"""Images cut to boxes: the scale of the whole image, squares, sizes, digests."""

import numpy as np
import pytest
from PIL import Image

from aehash.errors import UsageError
from aehash.generators import open_dataset
from aehash.generators.boxes import chosen, upright_size
from aehash.generators.images import UnreadableImage, decode, fit_batch
from aehash.generators.sizes import Longest

BOXES = [(3, 5, 40, 30), (0, 0, 20, 60)]


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(0)
    for name, (height, width) in (("a", (40, 60)), ("b", (50, 50)), ("c", (60, 30))):
        pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    return open_dataset(tmp_path)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_box_has_the_scale_of_its_whole_image(photos, channels, tmp_path):
    part = chosen(photos, np.array([0, 2]), BOXES)
    assert [part.key(row) for row in range(2)] == ["a.png", "c.png"]
    for row, (name, box) in enumerate(zip("ac", BOXES, strict=True)):
        for side in (30, 500):
            expected = decode(
                tmp_path / f"{name}.png", image_size=Longest(side, box), channels=channels
            )
            np.testing.assert_array_equal(part.read(row, Longest(side), channels), expected)
        cut = decode(tmp_path / f"{name}.png", image_size=None, channels=channels)
        left, top, right, bottom = box
        cut = cut[top:bottom, left:right]
        np.testing.assert_array_equal(part.read(row, None, channels), cut)
        square = fit_batch(cut[None], 16, channels)[0]
        np.testing.assert_array_equal(part.read(row, 16, channels), square)


def test_other_boxes_have_another_digest(photos):
    rows = np.array([0, 2])
    digests = {chosen(photos, rows, boxes).digest() for boxes in (BOXES, [*BOXES[:1], BOXES[0]])}
    digests |= {chosen(photos, rows).digest(), chosen(photos, rows[:1]).digest(), photos.digest()}
    assert len(digests) == 5
    assert chosen(photos, rows, BOXES).digest() == chosen(photos, rows, BOXES).digest()


def test_a_box_outside_its_image_is_refused(photos):
    part = chosen(photos, np.array([1]), [(0, 0, 51, 20)])
    with pytest.raises(UsageError, match=r"does not lie inside the image's 50×50 pixels"):
        part.read(0, Longest(30))


def test_sizes_are_those_of_the_upright_image(photos, tmp_path):
    assert [upright_size(photos, row) for row in range(3)] == [(60, 40), (50, 50), (30, 60)]
    image = Image.open(tmp_path / "a.png")
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.png", exif=exif)
    assert upright_size(photos, 0) == (40, 60)
    assert photos.read(0).shape == (60, 40, 3)
    (tmp_path / "b.png").write_bytes(b"no image")
    (tmp_path / "c.png").unlink()
    for row, reason in ((1, "format"), (2, "no such file")):
        with pytest.raises(UnreadableImage, match=reason):
            upright_size(photos, row)


def test_arrays_have_no_boxes(tmp_path):
    np.savez(tmp_path / "x.npz", images=np.zeros((8, 4, 4), np.uint8))
    with pytest.raises(UsageError, match="no folder of image files"):
        chosen(open_dataset(tmp_path / "x.npz"), np.arange(2))
