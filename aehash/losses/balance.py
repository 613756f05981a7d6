"""Bits that are as often −1 as +1."""

from typing import Any

import keras
from keras import ops

from aehash.errors import UsageError


def balance_per_code(features: Any) -> Any:
    """Squared mean of each code's outputs: zero when a code has as many −1 as +1.

    What akbacak2023 says its equation 2 is for; as printed, a count of positive outputs, it has no
    gradient.

    Args:
        features: (batch, bits) in [-1, 1].

    Returns:
        (batch,) in [0, 1].
    """
    return ops.square(ops.mean(features, axis=1))


def balance_per_bit(features: Any) -> Any:
    """Squared mean of each bit over the batch: zero when a bit is as often −1 as +1.

    Weiss, Torralba and Fergus, "Spectral Hashing" (2008), ask it of every code: a bit that is the
    same for all images says nothing.

    Args:
        features: (batch, bits) in [-1, 1].

    Returns:
        (bits,) in [0, 1].
    """
    return ops.square(ops.mean(features, axis=0))


_BALANCE = {"code": balance_per_code, "bit": balance_per_bit}


@keras.saving.register_keras_serializable(package="aehash")
class BitBalance(keras.losses.Loss):
    """Bit balance of the hash layer's outputs; the targets are not looked at.

    Args:
        per: ``code`` or ``bit``.
        name: The loss's name.
    """

    def __init__(self, per: str = "code", name: str = "balance") -> None:
        super().__init__(name=name)
        if per not in _BALANCE:
            raise UsageError(f"The balance per {per!r} is not one of code, bit.")
        self.per = per

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Judge features (batch, bits); gives (batch,) or (bits,)."""
        return _BALANCE[self.per](ops.cast(y_pred, "float32"))

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {"per": self.per, "name": self.name}
