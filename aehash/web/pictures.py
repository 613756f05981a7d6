"""Pictures as the page shows them: small, upright, and made of pixels alone, without metadata."""

import io
import threading
from collections import OrderedDict
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_LOSSLESS = 96
"""Pictures up to this side are sent as PNG, larger ones as JPEG."""
_QUALITY = 85


class Shown(NamedTuple):
    """A picture ready to be sent.

    Attributes:
        data: The file.
        kind: Its media type.
        missing: Whether it only says that there is none.
    """

    data: bytes
    kind: str
    missing: bool = False


def encoded(pixels: NDArray[np.uint8], *, lossless: bool = False) -> Shown:
    """Write pixels as a file.

    Args:
        pixels: (height, width, 1 or 3).
        lossless: As PNG, however large.

    Returns:
        PNG or JPEG, with nothing in it but the pixels.
    """
    from PIL import Image

    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    file = io.BytesIO()
    if lossless or max(image.size) <= _LOSSLESS:
        image.save(file, "PNG", compress_level=1)
        return Shown(file.getvalue(), "image/png")
    image.save(file, "JPEG", quality=_QUALITY)
    return Shown(file.getvalue(), "image/jpeg")


@cache
def tile(size: int, text: str = "image missing") -> Shown:
    """Draw the grey tile that stands for an image that is gone.

    Args:
        size: Of its side.
        text: What it says.

    Returns:
        A PNG.
    """
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (size, size), 208)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(max(8, size // 9))
    lines = text.replace(" ", "\n")
    draw.multiline_text(
        (size / 2, size / 2), lines, fill=64, font=font, anchor="mm", align="center"
    )
    file = io.BytesIO()
    image.save(file, "PNG")
    return Shown(file.getvalue(), "image/png", missing=True)


class Kept:
    """The pictures sent last, up to a number of bytes; those unused for longest go first.

    Args:
        most: Bytes.
    """

    def __init__(self, most: int = 64 << 20) -> None:
        self._most, self._bytes = most, 0
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, int, int], Shown] = OrderedDict()

    def get(self, key: tuple[str, int, int]) -> Shown | None:
        """Give a picture that is held."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: tuple[str, int, int], shown: Shown) -> None:
        """Hold a picture."""
        with self._lock:
            before = self._held.pop(key, None)
            self._bytes += len(shown.data) - (0 if before is None else len(before.data))
            self._held[key] = shown
            while self._bytes > self._most:
                self._bytes -= len(self._held.popitem(last=False)[1].data)
