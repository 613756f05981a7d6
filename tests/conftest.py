"""What all tests share: real data where it is at hand."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from feedback_books import digit_books
from photo_run import described, photos
from small_run import extracted, trained

__all__ = ["data_file", "described", "digit_books", "extracted", "photos", "trained"]

# How long an example takes says how busy the machine is; no test is about that.
hypothesis.settings.register_profile("aehash", deadline=None)
hypothesis.settings.load_profile("aehash")

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure() -> None:
    """Let Ctrl-C reach what tests start, also in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _folders() -> list[Path]:
    named = os.environ.get("AEHASH_DATA")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(os.environ.get("AEHASH_CACHE") or caches / "aehash")
    return [*([Path(named)] if named else [_SHARED]), cache]


@pytest.fixture
def data_file(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Give a function from a data file's name to its path, which skips where it is missing.

    Looked for in $AEHASH_DATA (else ``../shared/data``), then in the user's cache. Where it is
    found, AEHASH_DATA names its folder for the rest of the test.
    """

    def find(name: str) -> Path:
        for folder in _folders():
            if (folder / name).is_file():
                monkeypatch.setenv("AEHASH_DATA", str(folder))
                return folder / name
        looked = ", ".join(str(folder) for folder in _folders())
        pytest.skip(f"{name} is not in {looked}; set AEHASH_DATA to the folder that has it")

    return find
