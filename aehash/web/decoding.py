"""Uploads decoded in processes of their own, which are ended when a picture takes too long.

A thread cannot be ended while it decodes: it would go on and keep its core and its memory. A
process can, and what a broken picture does to a decoder does not reach the server.
"""

import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash.web.decoder import errors, receive, send
from aehash.web.problems import Problem

if TYPE_CHECKING:
    from aehash.generators.sizes import Size
    from aehash.generators.uploads import Crop

_MANY = 2
"""Pictures decoded at a time: each may take hundreds of megabytes."""
_COMMAND = [sys.executable, "-P", "-m", "aehash.web.decoder"]


@dataclass(frozen=True, eq=False)
class Sent:
    """A picture that another process will look at and decode, as an Upload is here.

    Attributes:
        data: The file's bytes.
        decoders: Those processes.
        most: Pixels that it may have.
        seconds: That it may take to decode.
        wait: Seconds to wait for a process that is free.
        name: What to call it in an error.
    """

    data: bytes
    decoders: "Decoders"
    most: int
    seconds: float
    wait: float
    name: str = "The picture"

    def pixels(
        self, size: "Size", channels: int, crop: "Crop | None" = None, *, depth: int | None = None
    ) -> NDArray[np.uint8]:
        """Decode the picture, or a part of it.

        Args:
            size: As of an Upload's pixels, without a box.
            channels: 1 or 3.
            crop: What part, as parts of the upright picture; None for all.
            depth: Bits of greys of more than eight.

        Returns:
            (height, width, channels) uint8.

        Raises:
            UsageError: The crop is empty or reaches outside.
            UnreadableImage: It is no picture, or damaged.
            TooLarge: It has too many pixels, or takes too long to decode.
            Problem: All processes are taken (503).
        """
        from aehash.generators.sizes import Longest

        asked = {
            "name": self.name,
            "pixels": self.most,
            "side": None if isinstance(size, Longest) else size,
            "longest": size.side if isinstance(size, Longest) else None,
            "channels": channels,
            "crop": crop,
            "depth": depth,
        }
        return self.decoders.decode(asked, self.data, self.seconds, self.wait)


class Decoders:
    """Processes that decode pictures; each is begun when it is first needed.

    Args:
        many: How many work at a time.
    """

    def __init__(self, many: int = _MANY) -> None:
        self._all = [_Decoder() for _ in range(many)]
        self._free: queue.LifoQueue[_Decoder] = queue.LifoQueue()
        for each in self._all:
            self._free.put(each)

    def warm(self) -> None:
        """Begin one of them, so that the first picture does not wait for it."""
        self._all[-1].start()

    def decode(
        self, asked: dict[str, Any], data: bytes, seconds: float, wait: float
    ) -> NDArray[np.uint8]:
        """Let one of them decode a picture.

        Args:
            asked: What is wanted.
            data: The picture's file.
            seconds: That it may take.
            wait: Seconds to wait for one that is free.

        Returns:
            (height, width, channels).

        Raises:
            AehashError: See :meth:`Sent.pixels`.
        """
        try:
            decoder = self._free.get(timeout=wait)
        except queue.Empty:
            raise Problem(
                503, "Too many pictures are waiting to be decoded; try again.", {"Retry-After": "2"}
            ) from None
        try:
            return decoder.decode(asked, data, seconds)
        finally:
            self._free.put(decoder)

    def close(self) -> None:
        """End them all."""
        for each in self._all:
            each.end()


class _Decoder:
    """One of the processes; it is begun anew after its end."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False

    def start(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.end()
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(_COMMAND, stdin=pipe, stdout=pipe)
        return self._process

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with self._process:  # closes the pipes and waits
                pass
        self._process = None
        self._ready = False

    def decode(self, asked: dict[str, Any], data: bytes, seconds: float) -> NDArray[np.uint8]:
        from aehash.generators.images import UnreadableImage
        from aehash.generators.uploads import TooLarge

        process = self.start()
        if not self._ready and (process.stdout is None or receive(process.stdout) is None):
            self.end()
            raise RuntimeError("The process that decodes pictures ended as it began.")
        self._ready = True
        found, late = _answer(process, asked, data, seconds)
        if found is None or late:
            self.end()
        if found is not None:
            return _pixels(*found)
        name = asked["name"]
        if late:
            raise TooLarge(
                f"{name} takes more than {seconds:g} s to decode: save it anew, smaller or in "
                "another format."
            )
        raise UnreadableImage(name, "its decoder failed at it")


def _answer(
    process: "subprocess.Popen[bytes]", asked: dict[str, Any], data: bytes, seconds: float
) -> tuple[tuple[dict[str, Any], bytes] | None, bool]:
    """Ask a process; end it where it takes too long, and say whether that was so."""
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, end)
    timer.start()
    found = None
    try:
        if process.stdin is not None and process.stdout is not None:
            send(process.stdin, asked, data)
            found = receive(process.stdout)
    except OSError:
        pass  # it ended while it was asked
    finally:
        timer.cancel()
        timer.join()
    return found, late.is_set()


def _pixels(told: dict[str, Any], data: bytes) -> NDArray[np.uint8]:
    """Give pixels, or raise what the process told."""
    if "error" not in told:
        return np.frombuffer(data, np.uint8).reshape(told["shape"]).copy()
    kinds = {each.__name__: each for each in errors()}
    raise kinds[told["error"]](*told["args"])
