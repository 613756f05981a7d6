"""Codes from any features without a net: the classical methods, one file each.

Random hyperplanes, principal components, spectral hashing, iterative quantisation, graphs between
rows and anchors, and the plain sign. What each learns is a :class:`Binariser`; :class:`Hasher` is
the same with ``fit`` and ``transform``, as scikit-learn has them.
"""

from aehash.hashing.anchor_graph import agh, diffusion
from aehash.hashing.binariser import Binariser, Method
from aehash.hashing.components import pcah
from aehash.hashing.estimator import Hasher
from aehash.hashing.hyperplanes import lsh
from aehash.hashing.methods import METHODS, fit_binariser
from aehash.hashing.quantisation import itq
from aehash.hashing.spectral import sh

__all__ = [
    "METHODS",
    "Binariser",
    "Hasher",
    "Method",
    "agh",
    "diffusion",
    "fit_binariser",
    "itq",
    "lsh",
    "pcah",
    "sh",
]
