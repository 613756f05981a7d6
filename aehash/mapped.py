"""Mapping an array's file, once it is known to be the one its manifest describes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError, nearest
from aehash.files import sha256_file

Verify = Literal["sha256", "size"]
VERIFY = ("sha256", "size")


def check_verify(verify: str) -> None:
    """Refuse a way to verify that is not there.

    Args:
        verify: ``size`` compares the files' sizes, ``sha256`` reads every byte.

    Raises:
        UsageError: It is neither.
    """
    if verify not in VERIFY:
        raise UsageError(f"There is no verification {verify!r}.{nearest(verify, VERIFY)}")


def check_file(path: Path, entry: Mapping[str, Any], verify: Verify, remedy: str) -> None:
    """Refuse a file that is not the one its manifest describes.

    Args:
        path: The file.
        entry: What its manifest says of it: ``bytes`` and ``sha256``.
        verify: As :func:`check_verify`.
        remedy: What to do where it is another one, in a sentence.

    Raises:
        FileNotFoundError: It is missing.
        AehashError: It is cut short or not what its manifest says.
    """
    if (size := path.stat().st_size) != entry["bytes"]:
        raise AehashError(
            f"{path} has {size} bytes where its manifest says {entry['bytes']}. {remedy}"
        )
    if verify == "sha256" and sha256_file(path) != entry["sha256"]:
        raise AehashError(f"{path} is not the file its manifest describes (sha256). {remedy}")


def map_array(path: Path, entry: Mapping[str, Any], verify: Verify, remedy: str) -> NDArray[Any]:
    """Map a ``.npy`` file.

    Args:
        path: The file.
        entry: What its manifest says of it: ``bytes``, ``sha256``, ``shape`` and ``dtype``.
        verify: As :func:`check_verify`.
        remedy: What to do where it is another one, in a sentence.

    Returns:
        The array, not read yet.

    Raises:
        FileNotFoundError: It is missing.
        AehashError: It is cut short or not what its manifest says.
    """
    check_file(path, entry, verify, remedy)
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise
    except (ValueError, OSError, EOFError) as error:
        raise AehashError(f"{path} is not a plain .npy array ({error}). {remedy}") from error
    if list(array.shape) != entry["shape"] or array.dtype.str != entry["dtype"]:
        raise AehashError(
            f"{path} holds {array.dtype.str} of shape {array.shape} where its manifest says "
            f"{entry['dtype']} of shape {tuple(entry['shape'])}. {remedy}"
        )
    return np.asarray(array)
