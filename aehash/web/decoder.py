"""The process that decodes uploads: pictures in, pixels out, one after the other, until the end.

Run as ``python -m aehash.web.decoder`` by :mod:`aehash.web.decoding`. What goes between the two is
lengths, JSON and bytes, so that whatever a picture made of this process could not make the other
one run anything.
"""

import json
import os
import signal
import struct
import sys
from collections.abc import Mapping
from typing import IO, Any

from aehash.errors import AehashError, UsageError

_LENGTHS = struct.Struct(">II")


def send(file: IO[bytes], told: Mapping[str, Any], data: bytes = b"") -> None:
    """Write a message.

    Args:
        file: A pipe.
        told: As JSON.
        data: Bytes along with it.

    Raises:
        OSError: Nobody reads it.
    """
    text = json.dumps(told).encode()
    file.write(_LENGTHS.pack(len(text), len(data)) + text)
    file.write(data)
    file.flush()


def receive(file: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read a message.

    Args:
        file: A pipe.

    Returns:
        What is told and the bytes along with it; None at the end.
    """
    head = file.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    lengths = _LENGTHS.unpack(head)
    text, data = (file.read(each) for each in lengths)
    return (json.loads(text), data) if len(data) == lengths[1] and text else None


def errors() -> tuple[type[Exception], ...]:
    """List what may be wrong with a picture; the first that fits is told."""
    from aehash.generators.images import UnreadableImage
    from aehash.generators.uploads import TooLarge

    return UnreadableImage, TooLarge, UsageError, AehashError, MemoryError


def main() -> None:
    """Decode what comes until nothing more does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's; then nothing more comes
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no pixels
    errors()  # Pillow is read now, while nobody waits
    send(out, {"ready": True})
    while (asked := receive(sys.stdin.buffer)) is not None:
        send(out, *_decoded(*asked))


def _decoded(asked: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    from aehash.generators.images import UnreadableImage
    from aehash.generators.sizes import Longest
    from aehash.generators.uploads import Upload

    size = Longest(asked["longest"]) if asked["longest"] is not None else asked["side"]
    crop = None if asked["crop"] is None else tuple(asked["crop"])
    try:
        upload = Upload.of(data, asked["name"], pixels=asked["pixels"])
        pixels = upload.pixels(size, asked["channels"], crop, depth=asked["depth"])
    except errors() as error:
        kind = next(each for each in errors() if isinstance(error, each))
        said = [error.key, error.reason] if isinstance(error, UnreadableImage) else [str(error)]
        return {"error": kind.__name__, "args": said}, b""
    return {"shape": pixels.shape}, pixels.tobytes()


if __name__ == "__main__":
    main()
