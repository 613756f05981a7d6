"""Random hyperplanes through the mean (locality-sensitive hashing)."""

import numpy as np
from numpy.typing import ArrayLike

from aehash.bits import check_bits
from aehash.covariance import mean_of, rows_of
from aehash.hashing.binariser import Binariser
from aehash.index.checks import whole


def lsh(features: ArrayLike, bits: int, *, seed: int = 0) -> Binariser:
    """Draw hyperplanes through the mean; a bit says on which side a row lies.

    Two rows differ in a bit with the probability of the angle between them, seen from the mean,
    divided by π. Charikar, "Similarity estimation techniques from rounding algorithms", 2002.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped. Only their mean is learned.
        bits: Bits per code, as many as are wanted: there are always further hyperplanes.
        seed: What the hyperplanes are drawn with.

    Returns:
        The binariser.

    Raises:
        UsageError: No such number of bits, or no such seed.
        AehashError: A row is not finite.
    """
    bits, seed = check_bits(bits), whole("seed", seed, 0)
    table = rows_of(features)
    normals = np.random.default_rng(seed).standard_normal((table.shape[1], bits))
    return Binariser("lsh", mean_of(table), normals, {"rows": len(table), "seed": seed})
