"""What is said of a DICOM file: our own sentences, and nothing of pydicom's."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import warnings
from collections.abc import Iterator

import pydicom.pixels  # noqa: F401 - so that its loggers are there

_LIBRARIES = ("pydicom", "pylibjpeg", "libjpeg", "openjpeg", "rle", "gdcm")
_RULE = ("ignore", None, Warning, re.compile("pydicom"), 0)
_reading = threading.local()


class Refused(Exception):  # noqa: N818
    """A DICOM file that is not read.

    Attributes:
        reason: Why, in a few words that hold nothing of a patient.
    """

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep pydicom's log and warnings back, which quote the elements they complain of.

    The log is kept back on this thread only and only so long. Python keeps its warnings' filters
    for all threads together, so that of pydicom's warnings stays once a DICOM file was read.
    """
    _hush()
    before = getattr(_reading, "now", False)
    _reading.now = True
    try:
        yield
    finally:
        _reading.now = before


class _NotWhileReading(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Drop what is logged on a thread that reads a file for aehash."""
        return not getattr(_reading, "now", False)


_FILTER = _NotWhileReading()


def _hush() -> None:
    if _RULE not in warnings.filters[:1]:
        warnings.filterwarnings("ignore", module="pydicom")
    for name in _loggers():
        log = logging.getLogger(name)
        if _FILTER not in log.filters:
            log.addFilter(_FILTER)


def _loggers() -> list[str]:
    """List the libraries' loggers; a filter does not reach those below the one it is on."""
    known = list(logging.root.manager.loggerDict)
    return [*_LIBRARIES[:1], *(name for name in known if name.split(".", 1)[0] in _LIBRARIES)]
