"""Fingerprints: what changes them, and what does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash import perceptual


def picture(seed, shape=(32, 32, 3)):
    """Draw smooth noise, so that neighbouring patches differ as in photographs."""
    coarse = np.random.default_rng(seed).integers(40, 200, (8, 8, shape[2]), np.uint8)
    return coarse.repeat(-(-shape[0] // 8), 0).repeat(-(-shape[1] // 8), 1)[: shape[0], : shape[1]]


def distance(one, other):
    return int(
        np.bitwise_count(perceptual.difference_hash(one) ^ perceptual.difference_hash(other)).sum()
    )


def difference(one, other):
    first, second = perceptual.details([one, other])
    return float(perceptual.detail_differences(first[None], second[None])[0, 0])


@given(st.integers(0, 1000), st.integers(-40, 40), st.floats(0.6, 1.2))
@settings(max_examples=25)
def test_brightness_and_contrast_hardly_count(seed, offset, factor):
    image = picture(seed)
    changed = np.clip(image * factor + offset, 0, 255)
    clipped = (changed % 255 == 0).any()
    assert distance(image, changed.astype(np.uint8)) <= (128 if clipped else 6)
    assert difference(image, changed.astype(np.uint8)) < (0.5 if clipped else 0.1)


@given(st.integers(0, 1000))
@settings(max_examples=25)
def test_other_pictures_are_far(seed):
    one, other = picture(seed), picture(seed + 5000)
    assert distance(one, other) > perceptual.DISTANCE
    assert difference(one, other) > perceptual.DETAIL


def test_a_hash_says_which_neighbour_is_brighter():
    ramp = np.tile(np.arange(0, 252, 7, dtype=np.uint8), (36, 1))[..., None]
    bits = np.unpackbits(perceptual.difference_hash(ramp))
    assert bits.tolist() == [1] * 64 + [0] * 64
    assert np.unpackbits(perceptual.difference_hash(ramp.transpose(1, 0, 2))).tolist() == (
        [0] * 64 + [1] * 64
    )


def test_detail_is_of_length_one_or_flat():
    assert np.linalg.norm(perceptual.details([picture(3)])) == pytest.approx(1, abs=1e-6)
    flat = np.full((20, 30, 3), 77, np.uint8)
    assert not perceptual.details([flat]).any()
    assert difference(flat, picture(3)) == pytest.approx(np.sqrt(2))


def test_digests_are_of_shape_and_pixels():
    image = picture(1)
    assert perceptual.pixel_digest(image) == perceptual.pixel_digest(image.copy())
    assert perceptual.pixel_digest(image) != perceptual.pixel_digest(image.reshape(16, 64, 3))
    changed = image.copy()
    changed[0, 0, 0] ^= 1
    assert perceptual.pixel_digest(image) != perceptual.pixel_digest(changed)


def test_details_equal_a_slow_twin():
    image = np.random.default_rng(4).integers(0, 256, (16, 16, 3), np.uint8)
    padded = np.pad(image.astype(np.float64), ((2, 2), (2, 2), (0, 0)), mode="edge")
    left = np.empty((16, 16, 3))
    for row in range(16):
        for column in range(16):
            left[row, column] = image[row, column] - padded[
                row : row + 5, column : column + 5
            ].mean(axis=(0, 1))
    wanted = left.ravel() / np.linalg.norm(left)
    assert perceptual.details([image])[0] == pytest.approx(wanted, abs=1e-5)
    assert perceptual.details([]).shape == (0, 768)
