"""The methods by name."""

from collections.abc import Callable
from typing import get_args

from numpy.typing import ArrayLike

from aehash.bits import check_bits
from aehash.covariance import mean_of, rows_of
from aehash.errors import UsageError, nearest
from aehash.hashing.anchor_graph import agh, diffusion
from aehash.hashing.binariser import Binariser, Method
from aehash.hashing.components import pcah
from aehash.hashing.hyperplanes import lsh
from aehash.hashing.quantisation import itq
from aehash.hashing.spectral import sh

METHODS: tuple[Method, ...] = get_args(Method)

_SEEDED: dict[Method, Callable[..., Binariser]] = {
    "agh": agh,
    "diffusion": diffusion,
    "itq": itq,
    "lsh": lsh,
}
_UNSEEDED: dict[Method, Callable[[ArrayLike, int], Binariser]] = {"pcah": pcah, "sh": sh}


def fit_binariser(
    features: ArrayLike, method: Method = "itq", bits: int | None = None, *, seed: int = 0
) -> Binariser:
    """Learn codes from descriptors.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped.
        method: ``agh``, ``diffusion``, ``itq``, ``lsh``, ``pcah``, ``sh``, or ``sign``: a feature
            above its mean is 1.
        bits: Bits per code; for ``sign`` the features' number, which is the default there.
        seed: Of what is drawn; ``pcah``, ``sh`` and ``sign`` draw nothing.

    Returns:
        The binariser.

    Raises:
        UsageError: There is no such method, or it cannot make so many bits of these features.
        AehashError: A row is not finite, or all rows are equal.
    """
    if method not in METHODS:
        raise UsageError(f"There is no method {method!r}.{nearest(method, METHODS)}")
    if method == "sign":
        return _sign(features, bits)
    if bits is None:
        raise UsageError(f"{method} needs a number of bits.")
    if method in _SEEDED:
        return _SEEDED[method](features, bits, seed=seed)
    return _UNSEEDED[method](features, bits)


def _sign(features: ArrayLike, bits: int | None) -> Binariser:
    table = rows_of(features)
    if bits is not None and check_bits(bits) != table.shape[1]:
        raise UsageError(
            f"sign makes one bit of each of the {table.shape[1]} features, not {bits} bits: "
            "leave the bits out, whiten to so many dimensions first, or use another method."
        )
    check_bits(table.shape[1])
    return Binariser("sign", mean_of(table), None, {"rows": len(table)})
