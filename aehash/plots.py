"""Pictures: loss curves, reconstructions, precision–recall curves, retrieval montages."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.files import atomic_file
from aehash.plots_figure import save_figure

#: Endings of the pictures that can be drawn.
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".pdf", ".svg")
_INK, _BEST, _GRID = "#1f4e79", "#c0504d", "#dddddd"
_RIGHT, _WRONG, _PLAIN = (46, 125, 50), (198, 40, 40), (120, 120, 120)
_TILE, _GAP, _TEXT = 96, 8, 30


def check_picture(path: Path) -> None:
    """Refuse what cannot be a picture, before the work and not after it.

    Args:
        path: The picture to make or replace.

    Raises:
        UsageError: Its ending is none of a picture, or a folder or a file stands in its way.
    """
    if path.is_dir():
        raise UsageError(f"The picture {path} is a folder: name a file in it, such as a.png.")
    if path.suffix.lower() not in PICTURES:
        raise UsageError(
            f"The picture {path} must end in one of {', '.join(PICTURES)}, which say of what kind "
            "it is."
        )
    place = next(each for each in path.absolute().parents if each.exists())
    if not place.is_dir():
        raise UsageError(f"The picture {path} cannot be made, since {place} is a file.")


def _figure(width: float = 6.4, height: float = 4.0) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    axes.grid(color=_GRID, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def loss_curve(path: Path, history: Sequence[dict[str, float]], best_epoch: int) -> None:
    """Draw the training and validation loss by epoch.

    Args:
        path: The PNG to write.
        history: One row an epoch, with ``epoch``, ``loss`` and perhaps ``val_loss``.
        best_epoch: Marked, since its weights were kept.
    """
    figure, axes = _figure()
    epochs = [row["epoch"] for row in history]
    axes.plot(epochs, [row["loss"] for row in history], color=_INK, marker=".", label="training")
    if "val_loss" in history[0]:
        values = [row["val_loss"] for row in history]
        axes.plot(epochs, values, color=_BEST, marker=".", label="validation")
    axes.axvline(best_epoch, color="#888888", linestyle="--", label=f"kept: epoch {best_epoch}")
    axes.set(xlabel="epoch", ylabel="loss", title="Loss")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False)
    save_figure(figure, path)


@dataclass(frozen=True)
class Curve:
    """One precision–recall curve, a point for each Hamming radius.

    Attributes:
        label: Its name in the legend.
        recall: (points,), 0 to 1.
        precision: (points,), 0 to 1.
        chance: Precision of a random ranking: the share of relevant items.
    """

    label: str
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    chance: float


def precision_recall(path: Path, curves: Sequence[Curve]) -> None:
    """Draw precision against recall, with the chance line.

    Args:
        path: The PNG to write.
        curves: One or more curves.
    """
    figure, axes = _figure()
    for curve in curves:
        axes.plot(curve.recall, curve.precision, marker=".", label=curve.label)
    axes.axhline(curves[0].chance, color=_BEST, linestyle="--", label="chance")
    axes.set(
        xlabel="recall",
        ylabel="precision (0 where nothing is inside)",
        xlim=(0, 1.02),
        ylim=(0, 1.02),
        title="Precision and recall by Hamming radius",
    )
    axes.legend(frameon=False)
    save_figure(figure, path)


def paired_difference(
    path: Path,
    differences: NDArray[np.float64],
    metric: str,
    interval: tuple[float, float],
) -> None:
    """Draw each query's difference in order, and the mean with its interval.

    Args:
        path: The PNG to write.
        differences: (queries,) B - A.
        metric: What was measured.
        interval: The mean's, low and high.
    """
    figure, axes = _figure()
    axes.set_axisbelow(True)
    ordered = np.sort(differences)
    share = (np.arange(len(ordered)) + 0.5) / len(ordered) * 100
    for part, colour, label in (
        (ordered < 0, _BEST, "B lower than A"),
        (ordered > 0, _INK, "B higher than A"),
    ):
        axes.fill_between(share, ordered, where=part, step="mid", color=colour, label=label)
    mean = float(differences.mean())
    axes.axhline(0, color="black", linewidth=0.8)
    axes.axhline(mean, color="black", linestyle="--", linewidth=1, label=f"mean {mean:+.4f}")
    axes.axhspan(*interval, color="black", alpha=0.15, linewidth=0, label="95 % interval")
    axes.set(
        xlabel="queries, sorted by their difference (%)",
        ylabel=f"B - A, {metric}",
        xlim=(0, 100),
        title=f"{metric} by query, {len(ordered):,} queries",
    )
    axes.legend(frameon=False, loc="upper left")
    save_figure(figure, path)


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
    lines = [line[:18] for line in tile.text.splitlines()[:2]]
    draw.multiline_text((x, y + _TILE + 4), "\n".join(lines), fill="black", font=font, spacing=2)
