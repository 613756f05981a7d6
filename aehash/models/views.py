"""Views of images, applied where the net is: pure functions of pixels, and a layer around them.

What is drawn comes from :mod:`aehash.view_plan`. Everything is in keras.ops and in float32; the
pixels stay in 0 to 255, as the models take them.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from aehash.view_plan import layout


def warp(images: Any, matrices: Any, bends: Any = None) -> Any:
    """Take each view's pixels from places of its image, bilinearly.

    Beyond the image's edge the edge goes on.

    Args:
        images: (batch, height, width, channels).
        matrices: (batch, 2, 3): from a place (x, y, 1) of the view to a place of the image, where
            the centres of the outermost pixels lie just inside −1 and 1.
        bends: (batch, points, points, 2), added to the places; rows first, x before y, linear in
            between. None for none.

    Returns:
        The same shape.
    """
    _, height, width, channels = images.shape
    x, y = np.meshgrid(_centres(width), _centres(height))
    grid = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3).astype("float32")
    places = ops.matmul(grid, ops.transpose(matrices, (0, 2, 1)))
    if bends is not None:
        places = places + ops.reshape(_spread(bends, height, width), (-1, height * width, 2))
    across = ops.clip((places[..., 0] + 1) * (width / 2) - 0.5, 0, width - 1)
    down = ops.clip((places[..., 1] + 1) * (height / 2) - 0.5, 0, height - 1)
    return ops.reshape(_taken(images, across, down), (-1, height, width, channels))


def _centres(side: int) -> Any:
    return (np.arange(side) + 0.5) * (2 / side) - 1


def _spread(bends: Any, height: int, width: int) -> Any:
    """Interpolate points to pixels: (batch, points, points, 2) → (batch, height, width, 2)."""
    rows, columns = _tents(bends.shape[1], height), _tents(bends.shape[2], width)
    return ops.einsum("hi,bijc,wj->bhwc", rows, bends, columns)


def _tents(points: int, side: int) -> Any:
    """Give the share of each point in each pixel, (side, points)."""
    place = (_centres(side) + 1) * (points - 1) / 2
    return np.maximum(1 - np.abs(place[:, None] - np.arange(points)), 0).astype("float32")


def _taken(images: Any, across: Any, down: Any) -> Any:
    """Take pixels between four: (batch, height, width, channels) at (batch, places)."""
    _, height, width, channels = images.shape
    count = ops.shape(images)[0]
    flat = ops.reshape(images, (-1, channels))
    left, top = ops.floor(across), ops.floor(down)
    right_share, lower_share = (across - left)[..., None], (down - top)[..., None]
    first = ops.expand_dims(ops.arange(count, dtype="int32") * (height * width), 1)
    x, y = ops.cast(left, "int32"), ops.cast(top, "int32")
    further, below = ops.minimum(x + 1, width - 1), ops.minimum(y + 1, height - 1)
    upper, lower = first + y * width, first + below * width

    def between(row: Any) -> Any:
        one, other = (ops.take(flat, row + column, axis=0) for column in (x, further))
        return one + right_share * (other - one)

    above = between(upper)
    return above + lower_share * (between(lower) - above)


def recolour(images: Any, mixes: Any) -> Any:
    """Multiply colours by a matrix.

    Args:
        images: (batch, height, width, channels).
        mixes: (batch, channels, channels): rows are the new channels.

    Returns:
        The same shape.
    """
    _, height, width, channels = images.shape
    flat = ops.reshape(images, (-1, height * width, channels))
    mixed = ops.matmul(flat, ops.transpose(mixes, (0, 2, 1)))
    return ops.reshape(mixed, (-1, height, width, channels))


def contrasted(images: Any, factors: Any) -> Any:
    """Multiply the distance from each image's mean, over all channels, by a factor.

    Args:
        images: (batch, height, width, channels).
        factors: (batch,).

    Returns:
        The same shape.
    """
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    return mean + (images - mean) * factors[:, None, None, None]


def blurred(images: Any, shares: Any) -> Any:
    """Give each neighbour, left, right, above and below, a share of a pixel, in both directions.

    Args:
        images: (batch, height, width, channels).
        shares: (batch,), 0 to ⅓. The neighbours are a 32nd of the side away, or 1 pixel.

    Returns:
        The same shape; beyond the edge the edge goes on.
    """
    share = shares[:, None, None, None]
    for axis in (1, 2):
        step = max(1, images.shape[axis] // 32)
        images = images + share * (_moved(images, step, axis) - 2 * images)
    return images


def _moved(images: Any, step: int, axis: int) -> Any:
    """Add up the neighbours on both sides."""
    side = images.shape[axis]
    ahead = (slice(None),) * axis
    before = [images[(*ahead, slice(0, 1))]] * step + [images[(*ahead, slice(0, side - step))]]
    behind = [images[(*ahead, slice(step, side))]] + [
        images[(*ahead, slice(side - 1, side))]
    ] * step
    return ops.concatenate(before, axis=axis) + ops.concatenate(behind, axis=axis)


def hidden(shown: Any, height: int, width: int) -> Any:
    """Spread patches over pixels: 1 where a pixel is hidden.

    Args:
        shown: (batch, patches, patches): 0 where a patch is hidden, else 1.
        height: Of the images.
        width: Of the images.

    Returns:
        (batch, height, width, 1) of 0 and 1.
    """
    rows = np.arange(height) * shown.shape[1] // height
    columns = np.arange(width) * shown.shape[2] // width
    return 1 - ops.take(ops.take(shown, rows, axis=1), columns, axis=2)[..., None]


def hide(images: Any, mask: Any) -> Any:
    """Put each image's mean colour where it is hidden.

    Args:
        images: (batch, height, width, channels).
        mask: (batch, height, width, 1) of 0 and 1.

    Returns:
        The same shape.
    """
    mean = ops.mean(images, axis=(1, 2), keepdims=True)
    return images + mask * (mean - images)


def unpacked(numbers: Any, names: Sequence[str], channels: int) -> dict[str, Any]:
    """Take drawn numbers apart.

    Args:
        numbers: (batch, width) of :func:`aehash.view_plan.draw`.
        names: Of :func:`aehash.view_plan.parts`.
        channels: 1 or 3.

    Returns:
        Tensors by name, each (batch, …), as :func:`aehash.view_plan.layout` has them.
    """
    found, start = {}, 0
    for name, shape in layout(names, channels).items():
        stop = start + prod(shape)
        found[name] = ops.reshape(numbers[:, start:stop], (-1, *shape))
        start = stop
    return found


@keras.saving.register_keras_serializable(package="aehash")
class View(layers.Layer):
    """A view of each image, as it was drawn: its inputs are images and numbers.

    Args:
        names: What was drawn, of :func:`aehash.view_plan.parts`.
        mask: Whether the hidden pixels are given as well, as a last channel of 0 and 1.
        **options: Keras's own, such as ``name``.
    """

    def __init__(self, names: Sequence[str], mask: bool = False, **options: Any) -> None:
        super().__init__(**{"dtype": "float32", **options})
        layout(names, 1)
        self.names = tuple(names)
        self.mask = mask

    def call(self, inputs: Any) -> Any:
        """Map images (batch, height, width, channels), 0 to 255, and (batch, width) numbers."""
        images, numbers = inputs
        view = ops.cast(images, "float32")
        _, height, width, channels = images.shape
        drawn = unpacked(numbers, self.names, channels)
        if "warp" in drawn:
            view = warp(view, drawn["warp"], drawn.get("bend"))
        if "mix" in drawn:
            view = recolour(view, drawn["mix"])
        if "contrast" in drawn:
            view = contrasted(view, drawn["contrast"])
        if "blur" in drawn:
            view = blurred(view, drawn["blur"])
        if {"mix", "contrast"} & drawn.keys():
            view = ops.clip(view, 0, 255)
        if "shown" not in drawn:
            return ops.pad(view, [[0, 0]] * 3 + [[0, 1]]) if self.mask else view
        mask = hidden(drawn["shown"], height, width)
        view = hide(view, mask)
        return ops.concatenate([view, mask], axis=-1) if self.mask else view

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Keep the images' shape, with a channel more for the mask."""
        *places, channels = input_shape[0]
        return (*places, channels + int(self.mask))

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {**super().get_config(), "names": list(self.names), "mask": self.mask}
