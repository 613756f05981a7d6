"""Whitening of descriptors: learned from matching pairs, or from the principal components.

Both end as a projection ``x = Pᵀ(f - μ)``, then ``x / |x|``, which a fully connected layer and
an L2 layer can take over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.array_file import digest_of, load_arrays, save_arrays
from aehash.covariance import (
    Floats,
    axes_of,
    centred,
    check_dimensions,
    check_width,
    covariance,
    mean_of,
    rank_of,
    rows_of,
    with_signs,
)
from aehash.errors import AehashError, UsageError
from aehash.whitening.pairs import check_pairs, pair_covariance, shrunk

Kind = Literal["learned", "pca"]


@dataclass(frozen=True, eq=False)
class Whitening:
    """A projection of descriptors that ends in unit length.

    Attributes:
        kind: ``learned`` or ``pca``.
        mean: ``(d,)`` float64, μ.
        projection: ``(d, D)`` float64, P; the strongest direction first, the largest loading of
            each positive.
        values: ``(D,)`` float64, the eigenvalue of each direction; NaN where it is not known.
        facts: How it was learned: ``rows``, and ``pairs``, ``shrinkage``, ``centre`` or ``power``;
            or ``released``, where it was not learned here.
    """

    kind: Kind
    mean: Floats
    projection: Floats
    values: Floats
    facts: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Check that the parts fit each other."""
        shapes = self.mean.shape + self.values.shape
        if self.mean.ndim != 1 or self.values.ndim != 1 or self.projection.shape != shapes:
            raise UsageError(
                f"A whitening's mean {self.mean.shape}, projection {self.projection.shape} and "
                f"values {self.values.shape} must be (d,), (d, D) and (D,)."
            )

    @property
    def dimensions(self) -> int:
        """How many dimensions the result has at most."""
        return int(self.projection.shape[1])

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that stand for all of it."""
        return digest_of(self._arrays(), self._facts())

    @property
    def summary(self) -> str:
        """Say in a sentence what was learned, and whether a covariance had to be shrunk."""
        size = f"{len(self.mean)} dimensions to {self.dimensions}"
        if "released" in self.facts:
            return f"Learned whitening of {size}, as released ({self.facts['released']})."
        if self.kind == "pca":
            return f"PCA whitening (power {self.facts['power']:g}) of {size}, from " + (
                f"{self.facts['rows']:,} rows."
            )
        text = f"Learned whitening of {size}, from {self.facts['pairs']:,} matching pairs"
        amount = self.facts["shrinkage"]
        if amount:
            text += (
                f"; their covariance was shrunk by {amount:.4g} towards a multiple of the "
                f"identity ({self.facts['reason']})"
            )
        return f"{text}."

    def apply(self, features: ArrayLike, dimensions: int | None = None) -> NDArray[np.float32]:
        """Centre, project and bring to unit length, block by block.

        Args:
            features: ``(n, d)``, finite; may be memory-mapped.
            dimensions: How many of the strongest directions to keep; all by default.

        Returns:
            ``(n, D)`` float32, each row of length 1.

        Raises:
            UsageError: The features are of another width, or fewer dimensions were learned.
            AehashError: A row holds NaN or infinity, or nothing of it is left to be scaled.
        """
        features = check_width(features, len(self.mean))
        projection = self._kept(dimensions)
        result = np.empty((len(features), projection.shape[1]), np.float32)
        for start, block in centred(features, self.mean):
            placed = block @ projection
            norms = np.sqrt(np.einsum("ij,ij->i", placed, placed))
            if not norms.all():
                raise AehashError(
                    f"Row {start + int(np.argmin(norms))} is a zero vector after whitening (it "
                    "is the mean descriptor, or lies in directions that were dropped), so it "
                    "has no direction: leave that image out, or keep more dimensions."
                )
            result[start : start + len(block)] = placed / norms[:, None]
        return result

    def as_dense(self, dimensions: int | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Give the weights of a fully connected layer that does the same, before L2.

        Args:
            dimensions: How many of the strongest directions to keep; all by default.

        Returns:
            The kernel ``(d, D)`` and the bias ``(D,)``, float32: P and ``-Pᵀμ``.

        Raises:
            UsageError: Fewer dimensions were learned.
        """
        kernel = self._kept(dimensions)
        return kernel.astype(np.float32), (-(self.mean @ kernel)).astype(np.float32)

    def save(self, path: str | Path) -> None:
        """Save as one ``.npz``, whole or not at all.

        Args:
            path: The file to make or replace.

        Raises:
            AehashError: The disk is full or read-only.
        """
        save_arrays(Path(path), "whitening", self._arrays(), self._facts())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a saved whitening.

        Args:
            path: The ``.npz``.

        Returns:
            The whitening.

        Raises:
            AehashError: It is missing, damaged, or something else.
        """
        arrays, facts = load_arrays(Path(path), "whitening")
        try:
            return cls(facts.pop("kind"), **arrays, facts=facts)
        except (KeyError, TypeError, UsageError) as error:
            raise AehashError(f"{path} is no complete whitening ({error}).") from error

    def _kept(self, dimensions: int | None) -> Floats:
        most = self.dimensions
        whole = isinstance(dimensions, int | np.integer) and not isinstance(dimensions, bool)
        if dimensions is not None and not (whole and 1 <= dimensions <= most):
            raise UsageError(
                f"dimensions must be from 1 to the {most} that were learned, not {dimensions!r}."
            )
        return self.projection[:, :dimensions]

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {"mean": self.mean, "projection": self.projection, "values": self.values}

    def _facts(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.facts}


def learn_whitening(
    features: ArrayLike,
    pairs: ArrayLike,
    dimensions: int | None = None,
    *,
    non_matching: ArrayLike | None = None,
    centre: Literal["all", "first"] = "all",
    shrinkage: float | Literal["auto", "ledoit_wolf"] = "auto",
) -> Whitening:
    """Learn a whitening from matching pairs.

    ``C_S`` is the mean of ``(f(i) - f(j))(f(i) - f(j))ᵀ`` over the matching pairs, and
    ``P = C_S^(-1/2) eig(C_S^(-1/2) C_D C_S^(-1/2))``, the largest eigenvalues first. ``C_D`` is
    the covariance of all centred descriptors, ``mean of (f - μ)(f - μ)ᵀ``, as in the field's
    published code; or, where ``non_matching`` pairs are given, the mean over those as for
    ``C_S``. All pairs that do not match, taken together, give the same P as the covariance
    does: after whitening the two differ by a multiple of the identity. Directions along which
    no descriptor varies are left out first. Mikolajczyk and Matas, "Improving descriptors for
    fast tree matching by optimal linear projection", 2007; Radenović, Tolias and Chum,
    "Fine-tuning CNN image retrieval with no human annotation", 2019.

    Args:
        features: ``(n, d)`` descriptors, finite; may be memory-mapped.
        pairs: ``(m, 2)`` rows that match, two pairs or more, none of a row with itself.
        dimensions: How many of the strongest directions to keep; all by default.
        non_matching: ``(m, 2)`` rows that do not match; by default the covariance stands for
            them.
        centre: μ is the mean of ``all`` rows, or of the ``first`` of each pair, as in the
            field's published code.
        shrinkage: ``C_S`` becomes ``(1 - s) C_S + s (tr C_S / r) I``, over the r directions that
            vary. A number is s itself, and 0 is the formula as it stands. ``ledoit_wolf``: s is
            Ledoit and Wolf's of 2004, which goes to 0 as the pairs grow. ``auto``: that, where
            pairs are fewer than 10 r or ``C_S`` is singular, else 0.

    Returns:
        The whitening; its ``summary`` says how much was shrunk, and why.

    Raises:
        UsageError: Pairs that there cannot be, or more dimensions than directions that vary.
        AehashError: A row is not finite, all rows are equal, or ``C_S`` stays singular.
    """
    table = rows_of(features)
    matching = check_pairs("pairs", pairs, len(table))
    if centre not in ("all", "first"):
        raise UsageError(f"centre must be 'all' or 'first', not {centre!r}.")
    firsts = np.bincount(matching[:, 0], minlength=len(table)).astype(np.float64)
    mean = mean_of(table, None if centre == "all" else firsts)
    values, span = _span(table, mean)
    within, fourth = pair_covariance(table, matching, span)
    shrunken, amount, reason = shrunk(within, fourth, len(matching), shrinkage)
    sizes, turn = axes_of(shrunken)
    root = (turn / np.sqrt(sizes)) @ turn.T
    between = np.diag(values)
    if non_matching is not None:
        others = check_pairs("non_matching", non_matching, len(table))
        between = pair_covariance(table, others, span)[0]
    strengths, turn = axes_of(root @ between @ root)
    rank = len(values) if non_matching is None else rank_of(strengths)
    kept = check_dimensions("dimensions", dimensions, rank)
    facts = {
        "rows": len(table),
        "pairs": len(matching),
        "centre": centre,
        "shrinkage": amount,
        "reason": reason,
    }
    projection = with_signs(span @ (root @ turn[:, :kept]))
    return Whitening("learned", mean, projection, strengths[:kept], facts)


def pca_whitening(
    features: ArrayLike, dimensions: int | None = None, *, power: float = 1.0
) -> Whitening:
    """Whiten by principal components: no pairs are needed.

    The component with variance λ is multiplied by ``λ^(-power / 2)``. Jégou and Chum, "Negative
    evidences and co-occurences in image retrieval: the benefit of PCA and whitening", 2012.

    Args:
        features: ``(n, d)`` descriptors, finite; may be memory-mapped.
        dimensions: How many components to keep; by default all that vary.
        power: 1 whitens, 0 only turns (plain PCA), between them is half-way.

    Returns:
        The whitening.

    Raises:
        UsageError: More dimensions than directions that vary, or a power outside 0 to 1.
        AehashError: A row is not finite, or all rows are equal.
    """
    table = rows_of(features)
    if isinstance(power, bool) or not isinstance(power, int | float) or not 0 <= power <= 1:
        raise UsageError(f"power must be from 0 (plain PCA) to 1 (whitening), not {power!r}.")
    mean = mean_of(table)
    values, span = _span(table, mean)
    kept = check_dimensions("dimensions", dimensions, len(values))
    projection = with_signs(span[:, :kept]) * values[:kept] ** (-power / 2)
    facts = {"rows": len(table), "power": float(power)}
    return Whitening("pca", mean, projection, values[:kept], facts)


def _span(table: NDArray[Any], mean: Floats) -> tuple[Floats, Floats]:
    """Find the variances and axes of the directions that vary."""
    values, axes = axes_of(covariance(table, mean))
    rank = rank_of(values)
    if not rank:
        raise AehashError(
            f"All {len(table):,} descriptors are one and the same, so there is nothing to "
            "whiten: the net has collapsed. Train it again, or use another."
        )
    return values[:rank], axes[:, :rank]
