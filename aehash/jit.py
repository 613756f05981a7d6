"""The compiler behind the kernels: numba where it is installed, else none.

Kernels are compiled at their first call, once for a machine: the result is cached beside the
package, in the user's cache folder where the package is read-only, or where ``NUMBA_CACHE_DIR``
says. ``AEHASH_KERNELS=numpy`` turns them off; every result stays the same.
"""

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeVar

from aehash.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

Kernels = Literal["numba", "numpy"]
VARIABLE = "AEHASH_KERNELS"


@cache
def _installed() -> bool:
    """Say whether numba is there and does compile (``NUMBA_DISABLE_JIT`` turns that off)."""
    return find_spec("numba") is not None and os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def kernels() -> Kernels:
    """Say which kernels do the work.

    Returns:
        ``numba``, or ``numpy`` where numba is not installed or ``AEHASH_KERNELS`` asks for it.

    Raises:
        UsageError: ``AEHASH_KERNELS`` is neither.
    """
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in ("", "numba", "numpy"):
        raise UsageError(f"{VARIABLE} is numba or numpy, not {wanted!r}.")
    if wanted == "numpy":
        return "numpy"
    if _installed():
        return "numba"
    if wanted == "numba":
        raise UsageError(
            f"{VARIABLE} is numba, which is not installed, or turned off by NUMBA_DISABLE_JIT: "
            "pip install numba."
        )
    return "numpy"


def note() -> str | None:
    """Say that the slower kernels are at work, where numba is missing.

    Returns:
        A sentence, or None.
    """
    if find_spec("numba") is not None:
        return None
    return (
        "numba is not installed, so NumPy does the work: the same results, several times slower. "
        "pip install numba."
    )


def compiled(function: F, variant: tuple[Any, ...] = ()) -> F:
    """Compile a kernel: no Python objects, no GIL, cached on disk where that is possible.

    Args:
        function: A function that numba can compile; numba is installed.
        variant: The values in its closure, where it has one.

    Returns:
        The compiled function.
    """
    import numba

    from aehash.kernel_cache import keep_apart

    # Two kernels of one name that call others are linked as if they were the same.
    function.__qualname__ = "_".join(map(str, (function.__qualname__, *variant)))

    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    try:
        kernel = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba's word for: no folder to cache in can be written
        return numba.njit(**options)(function)  # type: ignore[no-any-return]
    keep_apart(kernel, Path(function.__code__.co_filename).parent, variant)
    return kernel  # type: ignore[no-any-return]
