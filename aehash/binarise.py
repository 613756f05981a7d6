"""The names of :mod:`aehash.hashing`, where they stood before."""

from aehash.hashing import METHODS, Binariser, Method, fit_binariser, itq, pcah

__all__ = ["METHODS", "Binariser", "Method", "fit_binariser", "itq", "pcah"]
