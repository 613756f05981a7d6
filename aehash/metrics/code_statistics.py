"""How much a set of codes can tell apart, and when to say that it has collapsed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aehash.bits import unpack
from aehash.index.words import words

_ROWS = 65_536
_SORTED_AS_WORDS = 16
"""Bytes of a code up to which sorting words is quicker than sorting rows of bytes."""
MIN_CODES = 32
"""Below this many codes a fair bit may well be constant by chance, and bits are not judged."""
MIN_ENTROPY = 0.5
MIN_DISTINCT = 0.1
MANY = 10_000
"""Codes beyond which a tenth is no longer asked for: a thousand tell a good deal apart."""


@dataclass(frozen=True)
class CodeStatistics:
    """Figures of a set of codes.

    Attributes:
        n: Codes.
        bits: Bits per code.
        distinct: Different codes among them.
        constant_bits: Bits that are the same in every code.
        mean_bit_entropy: Mean over the bits of H(share of ones), in bits, from 0 to 1.
    """

    n: int
    bits: int
    distinct: int
    constant_bits: int
    mean_bit_entropy: float

    def as_dict(self) -> dict[str, int | float]:
        """Give the three figures that a report shows."""
        return {
            "distinct": self.distinct,
            "constant_bits": self.constant_bits,
            "mean_bit_entropy": self.mean_bit_entropy,
        }


def code_statistics(packed: NDArray[np.uint8], bits: int) -> CodeStatistics:
    """Compute the figures of a set of codes.

    Args:
        packed: ``(n, ceil(bits / 8))`` uint8, n above 0.
        bits: Bits per code.

    Returns:
        The figures.

    Raises:
        UsageError: The codes are not of that many bits.
    """
    ones = np.zeros(bits, np.int64)
    for start in range(0, len(packed), _ROWS):
        ones += unpack(packed[start : start + _ROWS], bits).sum(axis=0, dtype=np.int64)
    return CodeStatistics(
        n=len(packed),
        bits=bits,
        distinct=_distinct(packed),
        constant_bits=int(((ones == 0) | (ones == len(packed))).sum()),
        mean_bit_entropy=float(entropy(ones / len(packed)).mean()),
    )


def _distinct(packed: NDArray[np.uint8]) -> int:
    """Count different codes: sorted, equal ones stand side by side."""
    if packed.shape[1] > _SORTED_AS_WORDS:
        rows = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1])))
        return len(np.unique(rows))
    columns = words(packed)
    ordered = np.sort(columns) if len(columns) == 1 else columns[:, np.lexsort(columns)]
    return 1 + int((ordered[:, 1:] != ordered[:, :-1]).any(axis=0).sum())


def entropy(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the entropy of bits.

    Args:
        share: Of ones, 0 to 1.

    Returns:
        Of the same shape, in bits, 0 to 1.
    """
    both = np.stack([share, 1 - share])
    logs = np.log2(both, out=np.zeros_like(both), where=both > 0)
    return np.asarray(-(both * logs).sum(axis=0) + 0.0)


def collapse_warning(codes: CodeStatistics) -> str | None:
    """Say that the codes have collapsed, if they have.

    They have when all codes are the same; or, from 32 codes on, when a bit is constant, when
    there are fewer distinct codes than a tenth of what is possible (of the number of codes, of
    2^bits, or of 10,000, whichever is least), or when the mean bit entropy is below 0.5.

    Args:
        codes: The figures.

    Returns:
        A sentence with the numbers, the likely cause and what to do; or none.
    """
    possible = min(codes.n, MANY, 2 ** min(codes.bits, 62))
    judged = codes.n >= MIN_CODES
    signs = [
        (codes.n > 1 and codes.distinct == 1, "all codes are the same"),
        (judged and codes.constant_bits > 0, "constant bits"),
        (judged and codes.distinct < MIN_DISTINCT * possible, "few distinct codes"),
        (judged and codes.mean_bit_entropy < MIN_ENTROPY, "low bit entropy"),
    ]
    found = [name for holds, name in signs if holds]
    if not found:
        return None
    text = (
        f"Collapsed codes ({', '.join(found)}): {codes.distinct} distinct among {codes.n}, "
        f"{codes.constant_bits} of {codes.bits} bits constant, mean bit entropy "
        f"{codes.mean_bit_entropy:.3f} of 1. Items with the same code cannot be told apart, so "
        "compare with the chance line. Likely causes are too few training steps, a learning rate "
        "that is too high, or a weak balance term: train longer, with a lower rate, or with more "
        "weight on the balance of the bits."
    )
    if codes.constant_bits < codes.bits:
        return text
    return (
        f"{text} Or the codes are the signs of features that are never negative, as gem2023's are: "
        "whiten or binarise those."
    )
