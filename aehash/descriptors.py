"""Descriptors of images of any size: no squashing, several scales, boxes cut out.

A picture keeps its aspect; its longest side is brought to a length and never enlarged. Further
scales are resampled from that picture, antialiased, their sides rounded down; the descriptors of
the scales are joined by a power mean and divided by their length. Pictures of equal shape are
described together, up to :data:`PIXELS` in one pass, and nothing is padded, since zeros around a
picture would change its maps. TensorFlow traces the net once, whatever the shapes that come. JAX
compiles it for every shape, so there pictures go one by one. Either is kept for as long as the
model is.
"""

from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from aehash import models
from aehash.descriptor_net import Unfit, net_of
from aehash.errors import UsageError
from aehash.models.gem2023 import POOL, WHITEN
from aehash.models.pooling import GeM
from aehash.passes import grouped, pixels

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset
    from aehash.generators.images import UnreadableImage
    from aehash.generators.sizes import Box

#: The scales of the field's evaluation: 1, 1/√2 and 1/2.
SCALES = (1.0, 2**-0.5, 0.5)
#: Pixels in one pass through the net, at most, on an accelerator and on a processor, whose caches
#: hold the maps of few; one picture always goes.
PIXELS = {"accelerator": 1 << 22, "cpu": 1 << 18}

Pictures = NDArray[np.uint8]
#: Called with the images done and the images in all.
Progress = Callable[[int, int], None]
#: Key and reason of each image left out, by its place among the rows.
Lost = dict[int, tuple[str, str]]


def describe(
    model: keras.Model,
    images: "Dataset | Sequence[Pictures]",
    rows: Sequence[int] | NDArray[np.int64] | None = None,
    *,
    longest: int = 1024,
    scales: Sequence[float] = SCALES,
    join_p: float | None = None,
    boxes: "Sequence[Box | None] | None" = None,
    workers: int = 1,
    progress: Progress | None = None,
    lost: Lost | None = None,
) -> NDArray[np.float32]:
    """Describe images by a net such as ``gem2023``.

    Args:
        model: A model of :func:`aehash.models.build` that only describes.
        images: A data set, or arrays (height, width, 1 or 3), uint8, 0 to 255.
        rows: Which of them, in this order; None for all.
        longest: The longest side in pixels: 1024 for evaluation, 362 for training in the field.
        scales: Of the picture so fitted.
        join_p: The power of the mean over scales. None for GeM's own p, one or one a map, as in
            the authors' code; for 1, the mean, where another pooling or a fully connected layer
            follows the maps.
        boxes: One for each of the rows, or None where the whole image is meant: left, upper,
            right, lower in pixels of the upright image. A box is scaled as its whole image is.
        workers: Threads that decode images.
        progress: Called after each pass.
        lost: An empty dictionary: images that cannot be read, are too small for the encoder or
            give a zero vector are listed in it and left out of the result. None lets them raise.

    Returns:
        (n, d) float32, each row of length 1, in the order of the rows.

    Raises:
        UsageError: The model has a decoder, a scale or the power is out of range, a box does not
            lie inside its image, or an image is too small for the encoder at one of the scales.
        AehashError: An image cannot be read, or gives zero or NaN.
    """
    wanted = np.arange(len(images)) if rows is None else np.asarray(rows, np.int64)
    _check(model, scales, boxes, len(wanted))
    net, p = net_of(model), _power(model, join_p)
    read = _reader(images, wanted, boxes, longest, int(model.input_shape[-1]))

    def look(places: list[int], pictures: Pictures) -> NDArray[np.float32]:
        keys = [_key(images, int(wanted[place])) for place in places]
        parts = [net.run(_at_scale(pictures, scale), keys) for scale in scales]
        return join(np.stack(parts), p) if len(parts) > 1 else parts[0]

    found = np.empty((len(wanted), net.width), np.float32)
    done = 0
    for places, pictures in _passes(read, len(wanted), workers, lost):
        for some, vectors in _looked(look, places, pictures, lost):
            found[some] = vectors
            done += len(some)
        if progress is not None:
            progress(done + len(lost or ()), len(wanted))
    return np.delete(found, list(lost), axis=0) if lost else found


def join(parts: NDArray[np.floating[Any]], p: float | NDArray[Any]) -> NDArray[np.float32]:
    """Join descriptors of several scales: (mean over scales of x^p)^(1/p), then L2.

    Args:
        parts: (scales, n, d).
        p: One power, or one for each of the d values.

    Returns:
        (n, d) float32 of length 1.

    Raises:
        UsageError: A value is negative and p is not 1.
    """
    values = np.asarray(parts, np.float64)
    if np.all(p == 1):
        mean = values.mean(axis=0)
    else:
        if values.min(initial=0) < 0:
            raise UsageError(
                "Descriptors with negative values have no power mean; join the scales with "
                "join_p=1."
            )
        most = values.max(axis=0)
        shares = np.divide(values, most, out=np.zeros_like(values), where=most > 0)
        mean = most * np.mean(shares**p, axis=0) ** (1 / np.asarray(p, np.float64))
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    unit = np.divide(mean, length, out=np.zeros_like(mean), where=length > 0)
    return np.asarray(unit, np.float32)


def _check(
    model: keras.Model, scales: Sequence[float], boxes: "Sequence[Box | None] | None", count: int
) -> None:
    if not models.describes(model):
        raise UsageError(
            f"The model {model.name} draws images of one size; descriptors of images of any size "
            "come from gem2023. Take its codes by `aehash extract`."
        )
    if not scales or not all(isfinite(scale) and scale > 0 for scale in scales):
        raise UsageError(f"The scales are {tuple(scales)}; give one or more, each above 0.")
    if boxes is not None and len(boxes) != count:
        raise UsageError(f"There are {len(boxes)} boxes for {count} images; give one for each.")


def _power(model: keras.Model, join_p: float | None) -> float | NDArray[Any]:
    if join_p is not None:
        if not (isfinite(join_p) and join_p > 0):
            raise UsageError(f"join_p is {join_p}; it must be above 0: 1 is the mean.")
        return join_p
    pool = model.get_layer(POOL)
    if not isinstance(pool, GeM) or any(layer.name == WHITEN for layer in model.layers):
        return 1.0
    return np.asarray(keras.ops.convert_to_numpy(pool.p), np.float64)


def _reader(
    images: "Dataset | Sequence[Pictures]",
    rows: NDArray[np.int64],
    boxes: "Sequence[Box | None] | None",
    longest: int,
    channels: int,
) -> "Callable[[int], Pictures | UnreadableImage]":
    """Give a function from a place among the rows to the fitted picture, for any thread."""
    from aehash.generators.dataset import Dataset
    from aehash.generators.images import UnreadableImage, fit_batch
    from aehash.generators.sizes import Longest

    def read(place: int) -> Pictures | UnreadableImage:
        row = int(rows[place])
        size = Longest(longest, None if boxes is None else boxes[place])
        try:
            if isinstance(images, Dataset):
                return images.read(row, size, channels)
            return np.asarray(fit_batch(images[row][None], size, channels)[0])
        except UnreadableImage as error:
            return error
        except UsageError as error:
            raise UsageError(f"{_key(images, row)}: {error}") from error

    return read


def _key(images: "Dataset | Sequence[Pictures]", row: int) -> str:
    key = getattr(images, "key", None)
    return f"image {row}" if key is None else str(key(row))


def _passes(
    read: "Callable[[int], Pictures | UnreadableImage]",
    count: int,
    workers: int,
    lost: Lost | None,
) -> Iterator[tuple[list[int], Pictures]]:
    """Read ahead and bring pictures of equal shape together, with their places."""
    from aehash.generators.ahead import prefetch

    kept: list[int] = []

    def readable() -> Iterator[Pictures]:
        for place, picture in enumerate(prefetch(read, count, workers)):
            if isinstance(picture, np.ndarray):
                kept.append(place)
                yield picture
            elif lost is None:
                raise picture
            else:
                lost[place] = (picture.key, picture.reason)

    for group, pictures in grouped(readable(), pixels(PIXELS)):
        yield [kept[at] for at in group], pictures


def _looked(
    look: Callable[[list[int], Pictures], NDArray[np.float32]],
    places: list[int],
    pictures: Pictures,
    lost: Lost | None,
) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    """Describe one pass; where an image of it is unfit, one by one, leaving out those that are."""
    try:
        yield places, look(places, pictures)
    except Unfit as error:
        if lost is None:
            raise
        if len(places) == 1:
            lost[places[0]] = (error.key, error.reason)
            return
        for at, place in enumerate(places):
            yield from _looked(look, [place], pictures[at : at + 1], lost)


def _at_scale(pictures: Pictures, scale: float) -> Pictures:
    """Resample (n, height, width, channels), antialiased; the sides are rounded down, from 1 on."""
    from aehash.generators.images import resampled

    height, width = pictures.shape[1:3]
    if scale == 1:
        return pictures
    return resampled(pictures, max(1, int(width * scale)), max(1, int(height * scale)))
