"""What is wrong with a set of codes, bit by bit and pair by pair, and what to do about it.

Every figure of pairs is exact for the images it was counted over; beyond ``SAMPLE`` images those
are drawn by a seed, and the number is part of the result.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aehash.bits import unpack
from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.index.words import word_distances, words
from aehash.metrics.code_statistics import entropy
from aehash.metrics.relevance import LabelSets, relevant

#: Images that pairs are counted among, at most.
SAMPLE = 5_000
#: Two bits correlated by more than this, either way, are one bit said twice.
COPIED = 0.95
_ROWS = 65_536
_PAIRS = 1 << 22

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Distances:
    """Pairs of images by the Hamming distance of their codes, each pair once.

    Attributes:
        images: How many the pairs are of.
        within: ``(bits + 1,)`` pairs that share a label; None where there are no labels.
        between: ``(bits + 1,)`` pairs that share none; all pairs where there are no labels.
    """

    images: int
    within: Ints | None
    between: Ints


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """A set of codes, looked at closely.

    Attributes:
        images: How many.
        ones: ``(bits,)`` share of ones of each bit.
        correlation: ``(bits, bits)`` of the bits; 0 where one is constant, 1 on the diagonal.
        distances: Pairs by distance.
        collisions: ``(groups,)`` how many images share each code that several have, most first.
        spread: ``(bits,)`` standard deviation of the feature behind each bit; None where features
            are missing or are not one a bit.
        offset: ``(bits,)`` mean of that feature.
    """

    images: int
    ones: Floats
    correlation: Floats
    distances: Distances
    collisions: Ints
    spread: Floats | None
    offset: Floats | None

    @property
    def bits(self) -> int:
        """Bits of a code."""
        return len(self.ones)

    @property
    def entropies(self) -> Floats:
        """``(bits,)`` entropy of each bit, 0 to 1."""
        return entropy(self.ones)

    @property
    def effective_bits(self) -> float:
        """How many independent, even bits the codes are worth; at most ``bits``, 0 if collapsed.

        The participation ratio of the bits' covariance C, ``(tr C)² / tr C²``: a constant bit
        adds nothing, and one said twice counts once.
        """
        spread = self.ones * (1 - self.ones)
        covariance = self.correlation * np.sqrt(np.outer(spread, spread))
        total = float(np.square(covariance).sum())
        return float(spread.sum()) ** 2 / total if total else 0.0

    @property
    def copies(self) -> NDArray[np.int64]:
        """``(m, 2)`` pairs of bits that say the same or the opposite."""
        above = np.triu(np.abs(self.correlation) > COPIED, 1)
        return np.argwhere(above)


def diagnose(book: Codebook, *, seed: int = 0, sample: int = SAMPLE) -> Diagnosis:
    """Look closely at a codebook's codes.

    Args:
        book: At least two images.
        seed: Of the draw, where there are more than ``sample`` images.
        sample: Images that pairs are counted among, at most.

    Returns:
        What was found.

    Raises:
        UsageError: There are fewer than two images.
    """
    if len(book) < 2:
        raise UsageError("Codes are told apart from two images on; the codebook has fewer.")
    ones, together = _moments_of_bits(book.codes, book.bits)
    spread, offset = _features(book)
    return Diagnosis(
        images=len(book),
        ones=ones,
        correlation=_correlation(ones, together),
        distances=_distances(book, _drawn(len(book), sample, seed)),
        collisions=_collisions(book.codes),
        spread=spread,
        offset=offset,
    )


def _drawn(count: int, sample: int, seed: int) -> Ints:
    rows = np.random.default_rng(seed).permutation(count)[:sample]
    return np.sort(rows).astype(np.int64)


def _moments_of_bits(packed: NDArray[np.uint8], bits: int) -> tuple[Floats, Floats]:
    """Count, block by block, ones of each bit and of each two bits together, as shares."""
    together = np.zeros((bits, bits))
    for start in range(0, len(packed), _ROWS):
        block = unpack(packed[start : start + _ROWS], bits).astype(np.float32)
        together += block.T @ block  # exact: counts below 2**24 in float32
    together /= len(packed)
    return np.diag(together).copy(), together


def _correlation(ones: Floats, together: Floats) -> Floats:
    spread = np.sqrt(ones * (1 - ones))
    scale = np.outer(spread, spread)
    covariance = together - np.outer(ones, ones)
    found = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)
    np.fill_diagonal(found, 1)
    return np.asarray(np.clip(found, -1, 1))


def _distances(book: Codebook, rows: Ints) -> Distances:
    codes = words(np.ascontiguousarray(book.codes[rows]))
    labels = None if book.labels is None else LabelSets.from_labels(np.asarray(book.labels)[rows])
    counts = np.zeros((2, book.bits + 1), np.int64)
    step = max(1, _PAIRS // len(rows))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        later = np.arange(len(rows))[None, :] > np.arange(len(rows))[part, None]
        found = word_distances(codes[:, part], codes)
        near = np.zeros_like(later) if labels is None else relevant(labels[part], labels)
        for place, chosen in enumerate((later & ~near, later & near)):
            counts[place] += np.bincount(found[chosen], minlength=book.bits + 1)
    return Distances(len(rows), None if labels is None else counts[1], counts[0])


def _collisions(packed: NDArray[np.uint8]) -> Ints:
    rows = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1])))
    counts = np.unique(rows, return_counts=True)[1]
    return np.sort(counts[counts > 1])[::-1].astype(np.int64)


def _features(book: Codebook) -> tuple[Floats | None, Floats | None]:
    if book.features is None or book.features.shape[1] != book.bits:
        return None, None
    total, squares = np.zeros(book.bits), np.zeros(book.bits)
    for start in range(0, len(book), _ROWS):
        block = np.asarray(book.features[start : start + _ROWS], np.float64)
        total += block.sum(axis=0)
        squares += np.square(block).sum(axis=0)
    mean = total / len(book)
    return np.sqrt(np.maximum(squares / len(book) - mean**2, 0)), mean
