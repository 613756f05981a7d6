import dataclasses

import numpy as np
import pytest
from PIL import Image

from aehash import registry
from aehash.errors import AehashError, UsageError
from aehash.metrics.pairs import check_pair
from aehash.metrics.protocol import Protocol
from aehash.workflow import pixels
from aehash.workflow.hashing import open_pixels
from aehash.workflow.pixels import pixels_book


def test_pixels_are_the_images_row_by_row_from_black_to_white(monkeypatch):
    monkeypatch.setattr(pixels, "_BATCH", 7)
    digits = registry.open_dataset("digits")
    book = pixels_book(digits, "test")
    rows = digits.rows("test")
    images = digits.read_many(rows).reshape(len(rows), -1)
    np.testing.assert_allclose(book.features, images / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(book.codes, np.packbits(images > 127, axis=1))
    np.testing.assert_array_equal(book.keys, digits.keys[rows])
    np.testing.assert_array_equal(book.labels, digits.labels[rows])
    assert (book.bits, book.source, book.split) == (64, "digits", "test")
    assert list(book.classes) == list(digits.classes)


def test_pixels_of_another_size_do_not_go_beside_these():
    digits = registry.open_dataset("digits")
    one, same, other = (
        pixels_book(digits, split, image_size=size)
        for split, size in (("val", None), ("test", 8), ("test", 4))
    )
    check_pair(dataclasses.replace(one), same, Protocol())
    assert one.snapshot == same.snapshot != other.snapshot
    grey = pixels_book(digits, "test", channels=3)
    assert grey.features.shape[1] == 3 * 64 and grey.snapshot != one.snapshot


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(0)
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(6):
            shape = (10 + number, 12, 3)
            image = Image.fromarray(generator.integers(0, 256, shape, np.uint8))
            image.save(tmp_path / label / f"{number}.png")
    return tmp_path


def test_files_need_a_size_and_unreadable_ones_are_left_out(folder):
    (folder / "a" / "3.png").write_bytes(b"no image")
    with pytest.raises(UsageError, match=r"differ in size: .* such as --image-size 32"):
        open_pixels(str(folder), "all")
    said = []
    book = open_pixels(str(folder), "all", image_size=5, say=said.append)
    assert len(book) == 11 and book.features.shape == (11, 75)
    assert b"a/3.png" not in book.keys
    assert [line for line in said if "a/3.png" in line and line.startswith("left out")]


def test_what_cannot_be_is_refused(folder):
    with pytest.raises(UsageError, match="give a smaller --image-size"):
        open_pixels(str(folder), "all", image_size=200)
    with pytest.raises(UsageError, match="no split 'tets'"):
        open_pixels("digits", "tets")
    digits = registry.open_dataset("digits")
    none = dataclasses.replace(digits, splits={**digits.splits, "val": np.empty(0, np.int64)})
    with pytest.raises(UsageError, match="The split 'val' of digits has no images"):
        pixels_book(none, "val")
    for path in folder.glob("*/*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(AehashError, match="None of the 12 images"):
        open_pixels(str(folder), "all", image_size=5)
