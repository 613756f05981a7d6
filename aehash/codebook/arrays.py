"""Anybody's arrays, checked and brought into the form a codebook holds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.bits import check_bits, check_no_nan, check_packed, check_padding, pack, packed_width
from aehash.errors import AehashError, UsageError

_ROWS = 65_536
_LARGEST_CLASS = 2**63 - 1


def packed_codes(codes: ArrayLike, bits: int | None = None) -> tuple[NDArray[np.uint8], int]:
    """Recognise codes as {0, 1}, ±1, bool or packed, and pack them.

    Args:
        codes: ``(n, bits)`` of {0, 1}, {-1, 1} or bool; or ``(n, ceil(bits / 8))`` uint8 packed.
        bits: Bits per code; needed for packed codes, checked for others.

    Returns:
        Packed codes ``(n, ceil(bits / 8))`` uint8, and the number of bits.

    Raises:
        UsageError: The array is none of these, or could be more than one.
    """
    array = np.asarray(codes)
    if array.ndim != 2 or 0 in array.shape:
        raise UsageError(f"codes must be (n, bits) with n and bits above 0, not {array.shape}.")
    if array.dtype.kind not in "buif":
        raise UsageError(f"codes must be numbers, not {array.dtype}.")
    if array.dtype == np.bool_:
        return pack(_of_width(array, bits)), array.shape[1]
    if _is_packed(array, bits):
        count = check_bits(bits or 0)
        check_padding(check_packed(array, count), count)
        return np.ascontiguousarray(array), count
    return pack(_positive(_of_width(array, bits))), array.shape[1]


def _is_packed(array: NDArray[Any], bits: int | None) -> bool:
    if array.dtype != np.uint8:
        return False
    binary = int(array.max()) <= 1
    if bits is None:
        if not binary:
            raise UsageError(
                f"codes are uint8 with values up to {array.max()}: packed codes need their "
                "number of bits (--bits), and unpacked ones hold only 0 and 1."
            )
        return False
    return not (binary and array.shape[1] == bits) and array.shape[1] == packed_width(bits)


def _of_width(array: NDArray[Any], bits: int | None) -> NDArray[Any]:
    if bits is not None and array.shape[1] != check_bits(bits):
        raise UsageError(f"codes have {array.shape[1]} columns, which is not {bits} bits.")
    return array


def _positive(array: NDArray[Any]) -> NDArray[np.bool_]:
    zero, one, minus = array == 0, array == 1, array == -1
    if not (zero | one | minus).all():
        value = array[~(zero | one | minus)][0]
        raise UsageError(
            f"codes hold {value}, which is neither of 0 and 1 nor of -1 and 1. "
            "If these are features, pass them as features."
        )
    if zero.any() and minus.any():
        raise UsageError(
            "codes hold -1, 0 and 1: a sign function made 0 a third symbol. "
            "Pass the features, or map 0 to -1 first."
        )
    return np.asarray(one)


def float_features(features: ArrayLike) -> NDArray[np.float32]:
    """Check features and bring them to float32.

    Args:
        features: ``(n, d)``, finite.

    Returns:
        ``(n, d)`` float32.

    Raises:
        UsageError: Not a table of numbers.
        AehashError: A row holds NaN or infinity; the message names it.
    """
    array = np.asarray(features)
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "uif":
        raise UsageError(
            f"features must be real numbers (n, d), not {array.dtype} of shape {array.shape}."
        )
    with np.errstate(over="ignore"):
        array = array.astype(np.float32, copy=False)
    check_finite(array)
    return array


def check_finite(features: NDArray[np.float32], first_row: int = 0) -> None:
    """Refuse features that hold NaN or infinity.

    Args:
        features: ``(n, d)``.
        first_row: The number of the first row, for the message.

    Raises:
        AehashError: A row is not finite; the message names the first such row.
    """
    for start in range(0, len(features), _ROWS):
        part = np.asarray(features[start : start + _ROWS])
        if np.isfinite(part).all():
            continue
        check_no_nan(part, first_row + start)
        row = first_row + start + int(np.flatnonzero(~np.isfinite(part).all(axis=1))[0])
        raise AehashError(f"The features of row {row} are infinite (beyond float32).")


def label_array(labels: ArrayLike) -> NDArray[np.int64] | NDArray[np.uint8]:
    """Check labels and bring them to one of two forms.

    Args:
        labels: ``(n,)`` or ``(n, 1)`` class numbers, or ``(n, classes)`` multi-hot.

    Returns:
        ``(n,)`` int64, or ``(n, classes)`` uint8 of 0 and 1.

    Raises:
        UsageError: Neither form, or a class number is beyond int64.
    """
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or array.dtype.kind not in "bui" or 0 in array.shape:
        raise UsageError(
            "labels must be class numbers (n,) or multi-hot (n, classes), "
            f"not {array.dtype} of shape {array.shape}."
        )
    if array.ndim == 1:
        return check_class_numbers(array, "labels hold").astype(np.int64)
    if not ((array == 0) | (array == 1)).all():
        raise UsageError("multi-hot labels hold only 0 and 1; class numbers are (n,).")
    return array.astype(np.uint8)


def check_class_numbers(labels: NDArray[Any], subject: str) -> NDArray[Any]:
    """Refuse class numbers that int64 cannot hold, where they would turn negative: no label.

    Args:
        labels: ``(n,)`` numbers.
        subject: How the message begins.

    Returns:
        The same labels.

    Raises:
        UsageError: One is 2^63 or more.
    """
    if labels.dtype.kind in "uf" and labels.size and labels.max().item() > _LARGEST_CLASS:
        raise UsageError(
            f"{subject} the class number {labels.max()}, and the largest there can be is "
            f"{_LARGEST_CLASS}: number the classes from 0."
        )
    return labels


def check_classes(labels: NDArray[Any] | None, classes: Sequence[str]) -> None:
    """Check labels against the class names.

    Args:
        labels: As `label_array` gives them, or none.
        classes: Class names, possibly none.

    Raises:
        UsageError: A label has no name.
    """
    if labels is None or not classes:
        return
    if labels.ndim == 2 and labels.shape[1] != len(classes):
        raise UsageError(f"labels have {labels.shape[1]} columns and {len(classes)} class names.")
    if labels.ndim == 1 and int(labels.max()) >= len(classes):
        raise UsageError(f"label {labels.max()} has no name: {len(classes)} classes are named.")


def key_bytes(keys: Sequence[str]) -> NDArray[np.bytes_]:
    """Encode keys as fixed-width UTF-8.

    Args:
        keys: One per row, none empty.

    Returns:
        ``(n,)`` of type ``S<w>``.

    Raises:
        UsageError: A key is empty or holds a NUL character.
    """
    return np.array([encode_key(key) for key in keys], dtype=np.bytes_)


def encode_key(key: str) -> bytes:
    """Encode one key.

    Args:
        key: A row's name; a file name that is not UTF-8 keeps its bytes.

    Returns:
        Its bytes.

    Raises:
        UsageError: It is empty or holds a NUL character.
    """
    if not isinstance(key, str) or not key or "\0" in key:
        raise UsageError(f"A key must be text that is not empty and has no NUL, not {key!r}.")
    try:
        return key.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise UsageError(f"The key {key!r} is not text that UTF-8 can hold.") from error


def check_distinct(keys: NDArray[np.bytes_]) -> None:
    """Refuse keys that stand twice.

    Args:
        keys: ``(n,)`` of type ``S<w>``.

    Raises:
        UsageError: Two rows have the same key; the message names them.
    """
    hashes = np.fromiter((hash(key) for key in keys), np.int64, len(keys))
    order = np.argsort(hashes, kind="stable")
    equal = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
    pairs = zip(order[equal].tolist(), order[equal + 1].tolist(), strict=True)
    twice = min((pair for pair in pairs if keys[pair[0]] == keys[pair[1]]), default=None)
    if twice is not None:
        name = keys[twice[0]].decode("utf-8", "surrogateescape")
        raise UsageError(
            f"The key {name!r} stands in rows {twice[0]} and {twice[1]}; each row needs its own."
        )
