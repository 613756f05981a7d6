"""Fingerprints of pictures: what they hold exactly, how they look, and how their detail differs.

A picture is a near-duplicate of another where two things agree: the difference hash, which says
for 128 pairs of neighbouring patches which one is brighter (after Krawetz, "Kind of Like That",
2013, in both directions), and the local detail. Neither is enough alone: landscapes of sky above
ground have much the same detail at a coarse scale, and pictures on a plain ground much the same
hash.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]

#: Bits of a difference hash: 8 × 8 for each direction.
BITS = 128
#: The largest difference of hashes, in bits, of pictures that are compared by their detail. With
#: :data:`DETAIL` chosen by eye, on pairs within the training images of CIFAR-100.
DISTANCE = 24
#: The largest difference of detail of near-duplicates; unrelated pictures have about 1.41.
DETAIL = 0.7

_SIDE = 8
_SMALL = 16
_AROUND = 5
_FLAT = 1.0


def pixel_digest(image: UInt8) -> bytes:
    """Digest the decoded pixels.

    Args:
        image: ``(height, width, channels)`` uint8.

    Returns:
        32 bytes (SHA-256 of shape and pixels).
    """
    digest = hashlib.sha256(repr(image.shape).encode())
    digest.update(image.tobytes())
    return digest.digest()


def difference_hash(image: UInt8) -> UInt8:
    """Say which of neighbouring patches is brighter, left to right and top to bottom.

    Args:
        image: ``(height, width, 1 or 3)`` uint8, of any size.

    Returns:
        ``(16,)`` packed uint8: 128 bits.
    """
    grey = _picture(image).convert("L")
    across = _resized(grey, _SIDE + 1, _SIDE).astype(np.int16)
    down = _resized(grey, _SIDE, _SIDE + 1).astype(np.int16)
    bits = [np.diff(across, axis=1) > 0, np.diff(down, axis=0) > 0]
    return np.packbits(np.concatenate([each.ravel() for each in bits]))


def details(images: Iterable[UInt8]) -> NDArray[np.float32]:
    """Take what of pictures their brightness, contrast and slow shading do not say.

    Each picture is brought to 16 × 16 pixels, each less the mean of the 5 × 5 around it, and the
    whole is scaled to length 1.

    Args:
        images: ``(height, width, 1 or 3)`` uint8 each, of any size.

    Returns:
        ``(n, 768)`` float32, lines of length 1, or zeros for a flat picture.
    """
    small = [_resized(_picture(each).convert("RGB"), _SMALL, _SMALL) for each in images]
    pixels = np.array(small, np.float32).reshape(-1, _SMALL, _SMALL, 3)
    margin = _AROUND // 2
    around = np.pad(pixels, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode="edge")
    for axis in (1, 2):
        windows = (np.arange(_SMALL) + shift for shift in range(_AROUND))
        taken = [around.take(window, axis=axis) for window in windows]
        around = np.add.reduce(taken)
    left = (pixels - around / np.float32(_AROUND**2)).reshape(len(pixels), 3 * _SMALL**2)
    lengths = np.sqrt(np.einsum("ij,ij->i", left, left))
    lengths[lengths < _FLAT * np.sqrt(left.shape[1])] = np.inf
    found: NDArray[np.float32] = left / lengths[:, None]
    return found


def detail_differences(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Compare details: the root of the mean squared difference, of all with all.

    Args:
        first: ``(n, 768)`` of :func:`details`.
        second: ``(m, 768)``.

    Returns:
        ``(n, m)`` 0 for the same, about 1.41 for unrelated pictures, at most 2; 1.41 where one is
        flat.
    """
    difference: NDArray[np.float32] = np.sqrt(np.maximum(2 - 2 * (first @ second.T), 0))
    return difference


def _picture(image: UInt8) -> Any:
    from PIL import Image

    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def _resized(picture: Any, width: int, height: int) -> UInt8:
    from PIL import Image

    return np.asarray(picture.resize((width, height), Image.Resampling.BOX))
