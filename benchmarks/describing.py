"""Descriptors a second: images of several shapes through `describe`, against the bare net."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from aehash import backend, models
from aehash.descriptors import SCALES, describe
from aehash.generators.images import resampled
from benchmarks.pairs import alternate, compared
from benchmarks.scale import Scale

ENCODER = "mobilenet"
TARGET = "≥ 0.9"
#: Longest side in pixels in training and in evaluation, and how many fewer images take as long.
SIDES = {362: 1, 1024: 8}
BATCH = 8

Pictures = list[NDArray[np.uint8]]


def run(scale: Scale) -> dict[str, Any]:
    """Compare ``describe`` with forward passes over arrays that need nothing more done to them."""
    backend.configure()
    keras.utils.set_random_seed(scale.seed)
    model = models.build("gem2023", encoder=ENCODER)
    _enliven(model, scale.seed)
    forward = _forward(model)
    rows = []
    for side, share in SIDES.items():
        pictures = _pictures(max(4, scale.described // share), side, scale.seed)
        passes = {"one by one": 1, f"{BATCH} of a shape at once": BATCH} if share == 1 else {"": 1}
        for how, size in passes.items():
            rows.append(_compare(model, forward, pictures, side, (1.0,), how, size, scale))
        rows.append(_compare(model, forward, pictures, side, SCALES, "", 1, scale))
    return {
        "about": (
            f"`aehash.descriptors.describe` of `gem2023` (encoder {ENCODER}, random weights) over "
            "arrays in memory, half of them upright, half oblong, of the stated longest side; "
            "against forward passes of the same net over the same arrays, one picture a pass "
            "unless stated, by a plain `tf.function` of the model. Both end in NumPy. For three "
            "scales (1, 1/√2, 1/2) the bare side gets its pictures resampled beforehand and joins "
            "nothing; `describe` resamples, joins, and checks every vector."
        ),
        "seed": scale.seed,
        "comparisons": rows,
    }


def _enliven(model: keras.Model, seed: int) -> None:
    """Draw kernels that keep the size of what passes; Keras's own let MobileNet's maps die out."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.path.endswith("kernel"):
            depthwise = weight.shape[-1] == 1
            inputs = weight.shape[: 2 if depthwise else -1]
            spread = np.sqrt(2 / np.prod(inputs))
            weight.assign(rng.normal(0, spread, weight.shape))


def _compare(
    model: keras.Model,
    forward: Callable[[NDArray[np.uint8]], Any],
    pictures: Pictures,
    side: int,
    scales: Sequence[float],
    how: str,
    size: int,
    scale: Scale,
) -> dict[str, Any]:
    batches = [batch for factor in scales for batch in _batches(_scaled(pictures, factor), size)]

    def ours() -> object:
        return describe(model, pictures, longest=side, scales=scales)

    def bare() -> object:
        return [forward(batch) for batch in batches]

    pairs = alternate(ours, bare, scale.pairs)
    what = f"longest side {side}, {len(scales)} scale{'s' if len(scales) > 1 else ''}"
    against = f", the net {how}" if how else ""
    return compared(what + against, "images/s", len(pictures), pairs, TARGET)


def _pictures(count: int, side: int, seed: int) -> Pictures:
    shapes = [(side, side * 3 // 4, 3), (side * 3 // 4, side, 3)]
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, shapes[row % 2], dtype=np.uint8) for row in range(count)]


def _scaled(pictures: Pictures, factor: float) -> Pictures:
    if factor == 1:
        return pictures
    return [
        resampled(each[None], int(each.shape[1] * factor), int(each.shape[0] * factor))[0]
        for each in pictures
    ]


def _batches(pictures: Pictures, size: int) -> Pictures:
    """Stack pictures of one shape, so many at a time."""
    alike = [pictures[0::2], pictures[1::2]]
    return [
        np.stack(each[start : start + size])
        for each in alike
        for start in range(0, len(each), size)
    ]


def _forward(model: keras.Model) -> Callable[[NDArray[np.uint8]], Any]:
    if keras.backend.backend() != "tensorflow":
        return lambda batch: model.predict_on_batch(batch)
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # it warns that each shape is traced, which is meant here
    traced = tf.function(lambda batch: model(batch, training=False), jit_compile=False)
    return lambda batch: traced(tf.constant(batch)).numpy()
