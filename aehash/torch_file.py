"""PyTorch's files, read without ever running what is in them.

The one file that knows PyTorch. It reads with ``weights_only``, where nothing but tensors and
plain values is built. Released checkpoints hold NumPy arrays as well, which a pickle builds by
calling NumPy's functions; stand-ins of our own are called in their place, so that NumPy never
sees a type or a state that a file made up.
"""

import math
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError

#: NumPy's types that are built: truth values, whole, real and complex numbers.
_NUMBERS = re.compile(r"[<|=]?([biufc])(1|2|4|8|16)")
#: Before 2.6, a file could run code in spite of weights_only (CVE-2025-32434).
_LEAST = (2, 6)
_INSTALL = "pip install 'aehash[torch]'"


def read_torch(path: Path) -> Any:
    """Read a file of PyTorch's; tensors become NumPy arrays on the CPU.

    Args:
        path: A ``.pth`` or ``.pt`` file, of ``torch.save``.

    Returns:
        What was saved: most often a dict; its tensors as arrays, half precision as float32.

    Raises:
        UsageError: There is no such file.
        AehashError: PyTorch is not installed or too old, or the file is not one of its own, is
            damaged, or holds objects that only their code could build.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}; give a .pth file of PyTorch.")
    torch = _torch()
    try:
        with torch.serialization.safe_globals(_stand_ins()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it warns of is refused, in a sentence
            content = torch.load(path, map_location="cpu", weights_only=True)
        return _plain(content, torch)
    except AehashError as error:
        raise AehashError(f"{path} {error}") from None
    except MemoryError:
        raise
    except Exception as error:
        raise AehashError(f"{path} {_reason(error)}") from error


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise AehashError(
            f"Reading a file of PyTorch needs PyTorch, which is not installed ({error}): {_INSTALL}"
        ) from None
    found = tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])
    if found < _LEAST:
        raise AehashError(
            f"PyTorch {torch.__version__} may run code that is hidden in a file; 2.6 is the first "
            f"that does not: {_INSTALL}"
        )
    return torch


class _Type:
    """Stands in for ``numpy.dtype``: numbers only; what is said of it later is not listened to."""

    def __init__(self, text: Any, *_: Any) -> None:
        if not isinstance(text, str) or not _NUMBERS.fullmatch(text):
            raise AehashError(f"holds a NumPy array of {text!r}, where only numbers are read.")
        self.kind = np.dtype(text)

    def __setstate__(self, state: Any) -> None:
        """Take the byte order only; numbers have no other state."""
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else "<"
        self.kind = self.kind.newbyteorder(">" if order == ">" else "<")


class _Array:
    """Stands in for ``numpy.ndarray``: its values are copied from the bytes that a file gives."""

    def __init__(self, *_: Any) -> None:
        self.value: NDArray[Any] | None = None

    def __setstate__(self, state: Any) -> None:
        """Build the array from version, shape, type, order and bytes, each checked."""
        _, shape, kind, by_columns, data = state
        sides = isinstance(shape, tuple) and all(isinstance(n, int) and n >= 0 for n in shape)
        if not (sides and isinstance(kind, _Type) and isinstance(data, bytes)):
            raise AehashError("holds a NumPy array in a form that is not read.")
        if len(data) != math.prod(shape) * kind.kind.itemsize:
            raise AehashError(f"holds a NumPy array of shape {shape} with {len(data)} bytes.")
        flat = np.frombuffer(data, kind.kind)
        self.value = flat.reshape(shape, order="F" if by_columns else "C").copy()


def _scalar(kind: Any, data: Any) -> Any:
    """Stand in for NumPy's maker of scalars."""
    if not isinstance(kind, _Type) or not isinstance(data, bytes):
        raise AehashError("holds a NumPy scalar in a form that is not read.")
    return np.frombuffer(data, kind.kind, 1)[0].item()


def _no_bytes() -> bytes:
    """Stand in for ``bytes()``, which is how a pickle writes none; a length is not taken."""
    return b""


def _stand_ins() -> list[Any]:
    """Say what is called in place of NumPy's functions, by either of its names for them."""
    found: list[Any] = [(_Type, "numpy.dtype"), (_Array, "numpy.ndarray")]
    found += [(_no_bytes, "builtins.bytes"), (_no_bytes, "__builtin__.bytes")]
    for core in ("numpy.core", "numpy._core"):
        found.append((_Array, f"{core}.multiarray._reconstruct"))
        found.append((_scalar, f"{core}.multiarray.scalar"))
    return found


def _plain(value: Any, torch: Any) -> Any:
    """Turn tensors and stand-ins inside dicts, lists and tuples into arrays."""
    if isinstance(value, torch.Tensor):
        if value.is_quantized or value.layout != torch.strided:
            raise AehashError("holds quantised or sparse tensors; save a plain state dict.")
        value = value.detach()
        half = value.is_floating_point() and value.dtype != torch.float64
        return (value.float() if half else value).numpy()
    if isinstance(value, _Array):
        if value.value is None:
            raise AehashError("holds a NumPy array without values.")
        return value.value
    if isinstance(value, dict):
        return {key: _plain(each, torch) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(each, torch) for each in value)
    return value


def _reason(error: Exception) -> str:
    """Say in plain words why PyTorch could not read a file."""
    text = str(error)
    named = re.search(r"(?:[Uu]nsupported (?:global: )?GLOBAL|Unsupported class) (\S+)", text)
    if named:
        return (
            f"holds {named[1]}, an object that only code could build, so it is not loaded. In "
            "PyTorch, save the weights alone: torch.save(model.state_dict(), FILE)."
        )
    if "TorchScript" in text:
        return "is a TorchScript program, so it is not loaded; save its state_dict() in PyTorch."
    if "legacy .tar" in text:
        return "is of PyTorch's oldest form; load it there and save it again."
    text = text.rpartition("WeightsUnpickler error:")[2]
    first = next((line.strip() for line in text.splitlines() if " " in line.strip()), "")
    more = f" ({first[:160]})" if first else ""
    return f"cannot be read as a file of PyTorch; it is of another kind, cut off or damaged{more}."
