"""Augmentation: seeded, moving input and target alike, noise on the input alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.generators import Augment

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 12, 12, 3), dtype=np.uint8)


def test_nothing_asked_nothing_done() -> None:
    x, target = Augment()(IMAGES, np.random.default_rng(0))
    assert x is target is IMAGES


def test_flip_mirrors_some_images_and_no_others() -> None:
    x, _ = Augment(flip=True)(IMAGES, np.random.default_rng(1))
    mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(x, IMAGES, strict=True)]
    same = [np.array_equal(a, b) for a, b in zip(x, IMAGES, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 0 < sum(mirrored) < len(IMAGES)


def test_noise_is_on_the_input_alone_and_stays_in_range() -> None:
    grey = np.full((8, 32, 32, 1), 128, np.uint8)
    x, target = Augment(noise=0.1)(grey, np.random.default_rng(2))
    assert np.array_equal(target, grey)
    assert x.dtype == np.uint8
    assert abs(x.astype(float).std() - 25.5) < 1
    x, _ = Augment(noise=1.0)(grey, np.random.default_rng(2))
    assert (x.min(), x.max()) == (0, 255)


@given(st.integers(0, 1000), st.sampled_from([1, 3]))
def test_a_constant_image_stays_constant(seed: int, channels: int) -> None:
    images = np.full((3, 10, 14, channels), 77, np.uint8)
    moved = Augment(flip=True, shift=0.5, rotate=180)(images, np.random.default_rng(seed))[0]
    assert np.array_equal(moved, images)


def test_a_quarter_turn_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    class Quarter:
        def uniform(self, low: float, high: float, size: object) -> np.ndarray:
            return np.full(size, high)

    x, _ = Augment(rotate=90)(IMAGES, Quarter())  # type: ignore[arg-type]
    turned = np.rot90(IMAGES, -1, axes=(1, 2))
    other = np.rot90(IMAGES, 1, axes=(1, 2))
    assert np.array_equal(x, turned) or np.array_equal(x, other)


def test_a_whole_pixel_shift_is_exact_and_repeats_the_edge() -> None:
    class Most:
        def uniform(self, low: float, high: float, size: object) -> np.ndarray:
            return np.full(size, high)

    x, _ = Augment(shift=0.25)(IMAGES, Most())  # type: ignore[arg-type]
    assert np.array_equal(x[:, 3:, 3:], IMAGES[:, :-3, :-3])
    assert np.array_equal(x[:, :4, 3:], np.repeat(IMAGES[:, :1, :-3], 4, axis=1))


def test_the_same_seed_gives_the_same_batch() -> None:
    augment = Augment(flip=True, shift=0.1, rotate=10, noise=0.05)
    first, second, other = (augment(IMAGES, np.random.default_rng(s))[0] for s in (4, 4, 5))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("bad", [{"shift": 0.6}, {"rotate": -1}, {"noise": float("nan")}])
def test_values_out_of_range(bad: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(bad))):
        Augment(**bad)  # type: ignore[arg-type]
