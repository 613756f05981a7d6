"""Losses: pure functions of tensors in keras.ops, and thin Keras classes around them.

Half precision is computed in float32, whatever the precision of the model; float64 is kept.
"""

from aehash.losses.agreement import Agreement, NeighbourAgreement, agreement
from aehash.losses.balance import BitBalance, balance_per_bit, balance_per_code
from aehash.losses.bottleneck import Bottleneck, bottleneck
from aehash.losses.decorrelation import Decorrelation, decorrelation
from aehash.losses.masked import MaskedReconstruction, masked_squared_error
from aehash.losses.quantisation import Quantisation, quantisation
from aehash.losses.reconstruction import (
    Reconstruction,
    binary_cross_entropy,
    mean_squared_error,
)

__all__ = [
    "Agreement",
    "BitBalance",
    "Bottleneck",
    "Decorrelation",
    "MaskedReconstruction",
    "NeighbourAgreement",
    "Quantisation",
    "Reconstruction",
    "agreement",
    "balance_per_bit",
    "balance_per_code",
    "binary_cross_entropy",
    "bottleneck",
    "decorrelation",
    "masked_squared_error",
    "mean_squared_error",
    "quantisation",
]
