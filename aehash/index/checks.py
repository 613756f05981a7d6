"""Whole numbers that a search is given."""

import operator

from aehash.errors import UsageError


def whole(name: str, value: int, least: int) -> int:
    """Check a whole number.

    Args:
        name: What it is, for the message.
        value: An int, or a NumPy integer.
        least: The smallest allowed.

    Returns:
        The number.

    Raises:
        UsageError: It is not whole, or too small.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise UsageError(f"{name} must be a whole number, not {value!r}.") from None
    if number < least or isinstance(value, bool):
        limit = f"at least {least}" if least else "0 or more"
        raise UsageError(f"{name} must be {limit}, not {value!r}.")
    return number
