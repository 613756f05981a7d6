"""Seeded augmentation of uint8 batches: flip, shift, rotate, and noise on the input alone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aehash.generators.arrays import UInt8
from aehash.recipe import AugmentRecipe


class Augment(AugmentRecipe):
    """A recipe's changes, applied to a batch: its fields are the recipe's."""

    def __call__(self, images: UInt8, rng: np.random.Generator) -> tuple[UInt8, UInt8]:
        """Augment a batch.

        Args:
            images: ``(b, H, W, C)`` uint8.
            rng: Where chance comes from; a generator of its own for each batch.

        Returns:
            Input and target, both ``(b, H, W, C)`` uint8; they differ by the noise only.
        """
        target = self._move(images, rng)
        if not self.noise:
            return target, target
        noise = rng.standard_normal(target.shape, dtype=np.float32) * np.float32(255 * self.noise)
        return np.rint(np.clip(target + noise, 0, 255)).astype(np.uint8), target

    def _move(self, images: UInt8, rng: np.random.Generator) -> UInt8:
        if self.flip:
            mirrored = rng.random(len(images)) < 0.5
            images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
        if not (self.shift or self.rotate):
            return images
        count, height, width, _ = images.shape
        shifts = rng.uniform(-self.shift, self.shift, (count, 2)) * (height, width)
        angles = np.deg2rad(rng.uniform(-self.rotate, self.rotate, count))
        return _affine(images, shifts, angles)


def _affine(images: UInt8, shifts: NDArray[np.float64], angles: NDArray[np.float64]) -> UInt8:
    """Rotate about the centre, then shift, bilinearly; beyond the edge the edge goes on."""
    _, height, width, channels = images.shape
    turned = math.hypot(height, width) * math.sin(np.abs(angles).max(initial=0.0) / 2)
    pad = math.ceil(turned + np.hypot(*shifts.T).max(initial=0.0)) + 1
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="edge")
    out = np.empty_like(images)
    middle_x, middle_y = width / 2, height / 2
    for row, ((down, right), angle) in enumerate(zip(shifts, angles, strict=True)):
        cos, sin = math.cos(angle), math.sin(angle)
        left = pad + middle_x - cos * (middle_x + right) - sin * (middle_y + down)
        top = pad + middle_y + sin * (middle_x + right) - cos * (middle_y + down)
        picture = Image.fromarray(padded[row, ..., 0] if channels == 1 else padded[row])
        moved = picture.transform(
            (width, height),
            Image.Transform.AFFINE,
            (cos, sin, left, -sin, cos, top),
            Image.Resampling.BILINEAR,
        )
        out[row] = np.asarray(moved).reshape(height, width, channels)
    return out
