"""One BLAS thread for each of ours."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

_lock = threading.Lock()
_inside = 0
_limit: Any = None


@cache
def _controller() -> Any:
    """Find the BLAS libraries; scikit-learn brings what finds them."""
    return import_module("threadpoolctl").ThreadpoolController()


@contextmanager
def single_threaded() -> Iterator[None]:
    """Keep BLAS to the thread that calls it, in the whole process, while any block of these runs.

    Threads that share work out among themselves would otherwise each start as many again.

    Yields:
        Nothing.
    """
    global _inside, _limit
    with _lock:
        _inside += 1
        if _inside == 1:
            _limit = _controller().limit(limits=1, user_api="blas")
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _limit.restore_original_limits()
