"""Choosing and quieting the Keras back end; must run before Keras is imported.

The one file that knows TensorFlow by name.
"""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from aehash.errors import UsageError

BACKENDS = ("tensorflow", "jax", "torch")


def configure(backend: str | None = None, threads: int | None = None) -> None:
    """Choose the back end and its number of threads.

    Args:
        backend: ``tensorflow``, ``jax`` or ``torch``; None keeps ``KERAS_BACKEND``, or
            TensorFlow where that is not set.
        threads: Threads of the arithmetic on the CPU; with 1, equal seeds give equal weights.
            None lets the back end choose.

    Raises:
        UsageError: Keras already runs on another back end, or the number of threads is not
            positive or can't be set for this back end.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if backend is not None:
        _choose(backend)
    if threads is not None and threads < 1:
        raise UsageError(f"threads is {threads}; it must be 1 or more.")
    ours = os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"
    if threads is not None and not ours:
        raise UsageError("threads can be set for the tensorflow back end only.")
    with _hushed():
        if ours:
            _start_tensorflow(threads)
        import keras  # on any back end Keras imports TensorFlow where it is installed

        del keras


def _choose(backend: str) -> None:
    if backend not in BACKENDS:
        raise UsageError(f"The back end {backend!r} is not one of {', '.join(BACKENDS)}.")
    running = sys.modules.get("keras")
    if running is not None and running.backend.backend() != backend:
        raise UsageError(
            f"Keras already runs on {running.backend.backend()}; set KERAS_BACKEND={backend} "
            "before Python starts."
        )
    os.environ["KERAS_BACKEND"] = backend


def _start_tensorflow(threads: int | None) -> None:
    import tensorflow as tf

    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of each net that is new
    if threads is not None:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError as error:
            raise UsageError(f"TensorFlow already runs; choose threads before: {error}") from None
    tf.config.list_logical_devices()


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep what TensorFlow's C++ part says at its start off the terminal.

    It writes to the file descriptor before its own log level counts. If the start fails, all of
    it is shown.
    """
    sys.stderr.flush()
    shown = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(shown, kept.read())
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)
