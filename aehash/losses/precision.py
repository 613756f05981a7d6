"""The precision in which losses are computed."""

from typing import Any

import keras
from keras import ops


def precise(x: Any) -> Any:
    """Bring a tensor to float32; float64 is kept.

    Args:
        x: Of any shape and type.

    Returns:
        The same numbers.
    """
    kept = keras.backend.standardize_dtype(x.dtype) == "float64"
    return ops.cast(x, "float64" if kept else "float32")
