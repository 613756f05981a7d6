"""Rows of pictures: retrieval montages, and reconstructions below their originals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.files import atomic_file

_RIGHT, _WRONG, _PLAIN = (46, 125, 50), (198, 40, 40), (120, 120, 120)
_TILE, _GAP, _TEXT = 96, 8, 30


def reconstructions(
    path: Path, images: NDArray[np.uint8], outputs: NDArray[np.floating[Any]]
) -> None:
    """Draw originals above their reconstructions.

    Args:
        path: The PNG to write.
        images: (n, height, width, channels), 0 to 255.
        outputs: The same shape, in [0, 1].
    """
    restored = np.clip(np.asarray(outputs, np.float32) * 255 + 0.5, 0, 255).astype(np.uint8)
    rows = [[Tile(image) for image in each] for each in (images, restored)]
    montage(path, rows, titles=("original", "reconstruction"))


@dataclass(frozen=True)
class Tile:
    """One picture of a montage.

    Attributes:
        image: (height, width, channels) uint8, or None where the file is gone.
        text: Lines below it.
        right: Framed green when True, red when False, not framed when None.
        number: In its corner, where there is one.
    """

    image: NDArray[np.uint8] | None
    text: str = ""
    right: bool | None = None
    number: int | None = None


def montage(
    path: Path, rows: Sequence[Sequence[Tile]], titles: Sequence[str] = (), group: int = 0
) -> None:
    """Draw rows of pictures with their captions.

    Args:
        path: The PNG to write.
        rows: The pictures, row by row.
        titles: One title for each row, or none.
        group: Pictures that stand together, with a wider gap behind them; 0 for none.
    """
    from PIL import Image, ImageDraw, ImageFont

    captions = any(tile.text for row in rows for tile in row)
    title = 18 if titles else 0
    step_y = _TILE + _GAP + title + (_TEXT if captions else 0)
    longest = max(len(row) for row in rows)
    width = _GAP + _left(longest - 1, group) + _TILE + _GAP
    canvas = Image.new("RGB", (width, _GAP + len(rows) * step_y), "white")
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(11)
    for index, row in enumerate(rows):
        y = _GAP + index * step_y
        if titles:
            draw.text((_GAP, y), titles[index], fill=_PLAIN, font=font)
        for column, tile in enumerate(row):
            _draw(canvas, draw, font, tile, _GAP + _left(column, group), y + title)
    with atomic_file(path) as aside:
        canvas.save(aside)


def fitting(line: str, length: Callable[[str], float], room: float = _TILE + _GAP - 2) -> str:
    """Cut a line to what fits below a picture.

    Args:
        line: Any text.
        length: Gives the pixels that a text takes.
        room: The pixels there are.

    Returns:
        The line, or as much of it as leaves room for the ellipsis behind it.
    """
    if length(line) <= room:
        return line
    ends = range(len(line), 0, -1)
    return next((cut for end in ends if length(cut := f"{line[:end].rstrip()}…") <= room), "…")


def _left(column: int, group: int) -> int:
    return column * (_TILE + _GAP) + (column // group * 3 * _GAP if group else 0)


def _draw(canvas: Any, draw: Any, font: Any, tile: Tile, x: int, y: int) -> None:
    from PIL import Image

    if tile.image is None:
        picture = Image.new("RGB", (_TILE, _TILE), (200, 200, 200))
    else:
        array = tile.image[..., 0] if tile.image.shape[-1] == 1 else tile.image
        small = max(array.shape[:2]) <= _TILE // 2  # whose pixels are to be seen, evenly
        how = Image.Resampling.NEAREST if small else Image.Resampling.BILINEAR
        picture = Image.fromarray(array).convert("RGB").resize((_TILE, _TILE), how)
    canvas.paste(picture, (x, y))
    if tile.right is not None:
        colour = _RIGHT if tile.right else _WRONG
        draw.rectangle((x - 3, y - 3, x + _TILE + 2, y + _TILE + 2), outline=colour, width=3)
    if tile.number is not None:
        corner = draw.textbbox((x + 3, y + 2), str(tile.number), font=font)
        draw.rectangle((x, y, corner[2] + 3, corner[3] + 2), fill="white")
        draw.text((x + 3, y + 2), str(tile.number), fill="black", font=font)
    lines = [fitting(line, font.getlength) for line in tile.text.splitlines()[:2]]
    draw.multiline_text((x, y + _TILE + 4), "\n".join(lines), fill="black", font=font, spacing=2)
