"""Bare loops that do nothing but what a ceiling is named after, compiled."""

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from aehash.jit import compiled

U = np.uint64


@intrinsic  # type: ignore[untyped-decorator]
def _ones(context: Any, word: Any) -> Any:
    """Count the ones of a 64-bit word, by the processor's instruction."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), emit


@compiled
def count(words: NDArray[np.uint64], rounds: int) -> np.uint64:
    """XOR every word with a query and count the ones, round after round.

    Args:
        words: ``(n,)``, n a multiple of 4.
        rounds: How often, each with another query.

    Returns:
        The ones, so that nothing can be left out.
    """
    sum_ = U(0)
    for round_ in range(rounds):
        query = U(round_) * U(0x9E3779B97F4A7C15)
        for place in range(words.shape[0]):
            sum_ += _ones(words[U(place)] ^ query)
    return sum_


@compiled
def total(words: NDArray[np.uint64]) -> np.uint64:
    """Add up all words.

    Args:
        words: ``(n,)``.

    Returns:
        The sum, modulo 2**64.
    """
    sum_ = U(0)
    for place in range(words.shape[0]):
        sum_ += words[U(place)]
    return sum_
