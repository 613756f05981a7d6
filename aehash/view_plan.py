"""Numbers drawn for views of images, which :mod:`aehash.models.views` applies to the pixels.

Chance comes from numpy, seeded by the run, the epoch and the batch, and not from Keras, whose
random generators are not saved with the weights: a run that is continued draws the same views
again, on any back end. The numbers are few (some 50 an image); the pixels are worked on where the
net is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from aehash.errors import nearest
from aehash.recipe_fields import at_least, check

Numbers = NDArray[np.float32]
Floats = NDArray[np.float64]

#: Points along a side between which a bend is interpolated.
BENDS = 5
#: Patches along a side of which some are hidden.
PATCHES = 7
_LUMINANCE = (0.299, 0.587, 0.114)
_ASPECT = 4 / 3


@dataclass(frozen=True)
class ViewRecipe:
    """Seeded changes that keep what an image shows; all off by default.

    Attributes:
        rotate: Largest rotation in degrees, 0 to 180.
        scale: Largest enlargement, 1 to 4; the smallest is 1 / scale.
        shear: Largest shear in degrees, 0 to 45.
        shift: Largest shift along each axis, as a share of the side, 0 to 0.5.
        bend: Standard deviation of the elastic displacement, as a share of the side, 0 to 0.2.
        crop: Smallest area of a random crop that is enlarged to the whole, as a share, above 0;
            1 crops nothing.
        flip: Mirror left–right, half of the time.
        brightness: Largest change of the brightness, 0 to 1: a factor of 1 − it to 1 + it.
        contrast: The same of the contrast.
        saturation: The same of the saturation, of colour images.
        hue: Largest rotation of the hue in degrees, 0 to 180, of colour images.
        grey: Share of colour images that become grey, 0 to 1.
        blur: Largest blur, 0 to 1; 1 is the mean of 3 × 3 pixels, or as much of larger images.
        hide: Share of the 7 × 7 patches that are hidden, 0 to below 1.
    """

    rotate: float = 0.0
    scale: float = 1.0
    shear: float = 0.0
    shift: float = 0.0
    bend: float = 0.0
    crop: float = 1.0
    flip: bool = False
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    grey: float = 0.0
    blur: float = 0.0
    hide: float = 0.0

    def __post_init__(self) -> None:
        at_least("views.scale", self.scale, 1)
        check(self.scale <= 4, f"views.scale is {self.scale}; from 1 to 4.")
        check(0 < self.crop <= 1, f"views.crop is {self.crop}; above 0, to 1.")
        check(0 <= self.hide < 1, f"views.hide is {self.hide}; from 0 to below 1.")
        for name, most in _MOST.items():
            value = getattr(self, name)
            check(0 <= value <= most, f"views.{name} is {value}; from 0 to {most:g}.")


_MOST = {
    "rotate": 180.0,
    "shear": 45.0,
    "shift": 0.5,
    "bend": 0.2,
    "brightness": 1.0,
    "contrast": 1.0,
    "saturation": 1.0,
    "hue": 180.0,
    "grey": 1.0,
    "blur": 1.0,
}

#: Views of digits and letters: nothing is mirrored, little is turned.
DIGITS = ViewRecipe(rotate=15, scale=1.15, shear=10, shift=0.08, bend=0.025)
#: Views of photographs, after SimCLR's.
PHOTOS = ViewRecipe(
    crop=0.3,
    flip=True,
    brightness=0.4,
    contrast=0.4,
    saturation=0.4,
    hue=36,
    grey=0.2,
    blur=0.5,
)
#: Views of scans, in which left and right, and brightness, mean something.
SCANS = ViewRecipe(
    crop=0.5,
    rotate=10,
    brightness=0.2,
    contrast=0.2,
    blur=0.3,
)
_DIGITS = ("digits", "mnist")


def fitting(name: str, channels: int) -> ViewRecipe:
    """Choose the views that fit data, by what is known of it and never by its labels.

    Args:
        name: The data's name.
        channels: 1 or 3.

    Returns:
        :data:`DIGITS` for the named sets of digits, :data:`PHOTOS` for colour, else :data:`SCANS`.
    """
    if name in _DIGITS:
        return DIGITS
    return PHOTOS if channels == 3 and not name.endswith("mnist") else SCANS


def parts(recipe: ViewRecipe) -> tuple[str, ...]:
    """Name what a recipe changes, so that the rest need not be computed.

    Args:
        recipe: What may change.

    Returns:
        Names of :func:`layout`, in its order.
    """
    moved = (recipe.rotate, recipe.scale - 1, recipe.shear, recipe.shift, recipe.flip)
    used = {
        "warp": any(moved) or recipe.crop < 1 or bool(recipe.bend),
        "bend": bool(recipe.bend),
        "mix": any((recipe.brightness, recipe.saturation, recipe.hue, recipe.grey)),
        "contrast": bool(recipe.contrast),
        "blur": bool(recipe.blur),
        "shown": bool(recipe.hide),
    }
    return tuple(name for name, needed in used.items() if needed)


def layout(names: Sequence[str], channels: int) -> dict[str, tuple[int, ...]]:
    """Give the shapes of one image's numbers, in the order in which they lie one behind another.

    Args:
        names: Of :func:`parts`.
        channels: 1 or 3.

    Returns:
        By name: ``warp`` takes a place of the view (x, y, 1, from −1 to 1) to one of the image,
        ``bend`` is added to it, ``mix`` multiplies colours, ``contrast`` the distance from their
        mean, ``blur`` is the share each neighbour gets, ``shown`` 0 where a patch is hidden.

    Raises:
        UsageError: A name is none of these.
    """
    shapes: dict[str, tuple[int, ...]] = {
        "warp": (2, 3),
        "bend": (BENDS, BENDS, 2),
        "mix": (channels, channels),
        "contrast": (),
        "blur": (),
        "shown": (PATCHES, PATCHES),
    }
    for name in names:
        check(name in shapes, f"There is no part {name!r} of views.{nearest(name, shapes)}")
    return {name: shapes[name] for name in names}


def width(names: Sequence[str], channels: int) -> int:
    """Count one image's numbers."""
    return sum(prod(shape) for shape in layout(names, channels).values())


def draw(recipe: ViewRecipe, count: int, channels: int, rng: np.random.Generator) -> Numbers:
    """Draw the views of a batch.

    Args:
        recipe: What may change, and how far.
        count: Images.
        channels: 1 or 3.
        rng: Where chance comes from.

    Returns:
        ``(count, width(parts(recipe), channels))`` float32.
    """
    drawn = {
        "warp": _warps(recipe, count, rng),
        "bend": rng.normal(0, 2 * recipe.bend, (count, BENDS, BENDS, 2)),
        "mix": _mixes(recipe, count, channels, rng),
        "contrast": _factors(recipe.contrast, count, rng),
        "blur": rng.uniform(0, recipe.blur / 3, count),
        "shown": _shown(recipe.hide, count, rng),
    }
    flat = [drawn[name].reshape(count, -1) for name in parts(recipe)]
    return np.concatenate([np.empty((count, 0)), *flat], axis=1).astype(np.float32)


def _warps(recipe: ViewRecipe, count: int, rng: np.random.Generator) -> Floats:
    """Turn, shear, scale, mirror, crop and shift: from the view's places to the image's."""
    angle = np.deg2rad(rng.uniform(-recipe.rotate, recipe.rotate, count))
    slant = np.tan(np.deg2rad(rng.uniform(-recipe.shear, recipe.shear, count)))
    sizes = np.exp(rng.uniform(-1, 1, (count, 2)) * math.log(recipe.scale))
    mirror = np.where(recipe.flip & (rng.random(count) < 0.5), -1.0, 1.0)
    area = rng.uniform(recipe.crop, 1, count)
    aspect = np.exp(rng.uniform(-1, 1, count) * math.log(_ASPECT))
    if recipe.crop == 1:
        aspect = np.ones(count)
    sides = np.minimum(np.stack([np.sqrt(area * aspect), np.sqrt(area / aspect)], axis=1), 1)
    places = rng.uniform(-1, 1, (count, 2)) * (1 - sides)
    shifts = rng.uniform(-2, 2, (count, 2)) * recipe.shift
    cos, sin, one = np.cos(angle), np.sin(angle), np.ones(count)
    turned = _matrices([[cos, -sin], [sin, cos]])
    slanted = _matrices([[one, slant], [0 * one, one]])
    sized = _matrices([[mirror / sizes[:, 0], 0 * one], [0 * one, 1 / sizes[:, 1]]])
    whole = sides[:, :, None] * (turned @ slanted @ sized)
    return np.concatenate([whole, (places + shifts)[:, :, None]], axis=2)


def _matrices(rows: list[list[Floats]]) -> Floats:
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _mixes(recipe: ViewRecipe, count: int, channels: int, rng: np.random.Generator) -> Floats:
    """Turn the hue about grey, fade or deepen the colours, make brighter or darker."""
    bright = _factors(recipe.brightness, count, rng)[:, None, None]
    if channels == 1:
        return bright
    strength = _factors(recipe.saturation, count, rng)
    strength = np.where(rng.random(count) < recipe.grey, 0.0, strength)[:, None, None]
    angle = np.deg2rad(rng.uniform(-recipe.hue, recipe.hue, count))
    faded = strength * np.eye(3) + (1 - strength) * np.array(_LUMINANCE)
    return np.asarray(bright * (faded @ _about_grey(angle)))


def _about_grey(angle: Floats) -> Floats:
    """Rotate colours about the axis of greys (Rodrigues), so that greys stay."""
    cos, sin = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    return cos * np.eye(3) + sin * across + (1 - cos) / 3


def _factors(most: float, count: int, rng: np.random.Generator) -> Floats:
    return rng.uniform(1 - most, 1 + most, count)


def _shown(share: float, count: int, rng: np.random.Generator) -> Floats:
    """Hide the same number of patches in every image, drawn anew for each."""
    hidden = round(share * PATCHES**2)
    ranks = np.argsort(rng.random((count, PATCHES**2)), axis=1)
    return (ranks >= hidden).astype(np.float64)
