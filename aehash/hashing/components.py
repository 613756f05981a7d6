"""The sign of principal components, and the components themselves, which other methods turn."""

from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike, NDArray

from aehash.bits import check_bits
from aehash.errors import UsageError
from aehash.hashing.binariser import Binariser
from aehash.whitening import Whitening, pca_whitening


def pcah(features: ArrayLike, bits: int) -> Binariser:
    """Take the sign of the first principal components.

    Wang, Kumar and Chang, "Semi-supervised hashing for scalable image retrieval", 2010, name it
    as their unsupervised case.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped.
        bits: Bits per code, up to the directions that vary.

    Returns:
        The binariser.

    Raises:
        UsageError: More bits than directions that vary: a bit beyond them would be constant.
        AehashError: A row is not finite, or all rows are equal.
    """
    check_bits(bits)
    try:
        axes = pca_whitening(features, bits, power=0.0)
    except UsageError as error:
        raise UsageError(str(error).replace("dimensions is", "The number of bits is")) from None
    return Binariser("pcah", axes.mean, axes.projection, {"rows": axes.facts["rows"]})


def components(features: NDArray[Any], most: int) -> Whitening:
    """Find the first principal components, or all there are.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped.
        most: How many are wanted.

    Returns:
        At most so many, one for each direction that varies, the largest variance first, of
        length 1.

    Raises:
        AehashError: A row is not finite, or all rows are equal.
    """
    axes = pca_whitening(features, power=0.0)
    kept = axes.projection[:, :most]
    return replace(axes, projection=kept, values=axes.values[:most])
