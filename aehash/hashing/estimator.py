"""The methods as scikit-learn has them: parameters, ``fit``, ``transform``."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.errors import UsageError, nearest
from aehash.hashing.binariser import Binariser, Method
from aehash.hashing.methods import fit_binariser

_PARAMETERS = ("method", "bits", "seed", "packed")


class Hasher:
    """Learn codes from features and give them, also as a step of a scikit-learn pipeline.

    Args:
        method: ``agh``, ``diffusion``, ``itq``, ``lsh``, ``pcah``, ``sh`` or ``sign``.
        bits: Bits per code; needed but for ``sign``.
        seed: Of what the method draws.
        packed: Whether `transform` packs 8 bits to a byte.

    Attributes:
        binariser_: What was learned; there after `fit`.
    """

    binariser_: Binariser

    def __init__(
        self,
        method: Method = "itq",
        bits: int | None = None,
        *,
        seed: int = 0,
        packed: bool = True,
    ) -> None:
        self.method = method
        self.bits = bits
        self.seed = seed
        self.packed = packed

    def fit(self, features: ArrayLike, labels: object = None) -> Self:
        """Learn.

        Args:
            features: ``(n, d)``, finite; may be memory-mapped.
            labels: Not looked at; all methods are unsupervised.

        Returns:
            Itself.

        Raises:
            UsageError: There is no such method, or it cannot make so many bits.
            AehashError: A row is not finite, or all rows are equal.
        """
        self.binariser_ = fit_binariser(features, self.method, self.bits, seed=self.seed)
        return self

    def transform(self, features: ArrayLike) -> NDArray[np.uint8]:
        """Give codes.

        Args:
            features: ``(n, d)``, finite; may be memory-mapped.

        Returns:
            ``(n, ceil(bits / 8))`` uint8, big bit order, zero-padded; or, where ``packed`` is
            false, ``(n, bits)`` uint8 of 0 and 1.

        Raises:
            UsageError: Nothing was learned, or the features are of another width.
            AehashError: A row holds NaN or infinity.
        """
        learned = self._learned()
        return learned.packed(features) if self.packed else learned.codes(features).view(np.uint8)

    def fit_transform(self, features: ArrayLike, labels: object = None) -> NDArray[np.uint8]:
        """Learn from features and give their codes; see `fit` and `transform`."""
        return self.fit(features).transform(features)

    def save(self, path: str | Path) -> None:
        """Save what was learned, as a `Binariser` is saved.

        Args:
            path: The ``.npz`` to make or replace.

        Raises:
            UsageError: Nothing was learned.
            AehashError: The disk is full or read-only.
        """
        self._learned().save(path)

    @classmethod
    def load(cls, path: str | Path, *, packed: bool = True) -> Self:
        """Read what was learned; no features are needed to transform then.

        Args:
            path: The ``.npz``.
            packed: Whether `transform` packs.

        Returns:
            The hasher.

        Raises:
            AehashError: The file is missing, damaged, or something else.
        """
        learned = Binariser.load(path)
        made = cls(learned.method, learned.bits, seed=learned.facts.get("seed", 0), packed=packed)
        made.binariser_ = learned
        return made

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give the parameters, as scikit-learn asks for them."""
        return {name: getattr(self, name) for name in _PARAMETERS}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters; what was learned stays until the next `fit`.

        Args:
            **parameters: Of ``method``, ``bits``, ``seed``, ``packed``.

        Returns:
            Itself.

        Raises:
            UsageError: There is no such parameter.
        """
        for name, value in parameters.items():
            if name not in _PARAMETERS:
                raise UsageError(f"There is no parameter {name!r}.{nearest(name, _PARAMETERS)}")
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn asks of a step of a pipeline."""
        from sklearn.base import BaseEstimator

        return BaseEstimator().__sklearn_tags__()

    def _learned(self) -> Binariser:
        if not hasattr(self, "binariser_"):
            raise UsageError("Nothing was learned yet: call fit(features), or load a saved one.")
        return self.binariser_
