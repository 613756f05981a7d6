"""What classical codes of a table of methods are made of: an encoder's features, and pixels."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aehash.codebook import Codebook
from aehash.codebook.files import MANIFEST, read_manifest
from aehash.codebook.stages import LAYER, layer_stage, stages_of
from aehash.errors import AehashError, UsageError
from aehash.workflow.common import Say, run_dataset
from aehash.workflow.method_runs import MethodRun
from aehash.workflow.pixels import pixels_book

if TYPE_CHECKING:
    from aehash.extraction import Progress

#: Features a row from which principal components, whose sums are square, are left out.
WIDEST = 4_096
_SMALL = 32
_CODE = "code"
"""Begins the name of a folder of what the code layer takes."""

Pair = tuple[Codebook, Codebook]


def pixel_shape(run: MethodRun) -> tuple[int, int]:
    """Say at what size pixels are taken.

    Args:
        run: Whose images.

    Returns:
        Side and channels: the run's, or 32 for a side where these are more than 4,096 numbers.
    """
    data = run.snapshot.recipe.data
    channels = data.channels or 3
    side = data.image_size
    if side is None or run.snapshot.recipe.describes or side * side * channels > WIDEST:
        return _SMALL, channels
    return side, channels


def pixel_pair(run: MethodRun, say: Say) -> Pair:
    """Read the pixels of a run's images.

    Args:
        run: Whose codes say which images are meant.
        say: Takes each line for the user.

    Returns:
        Codebooks of the database and the queries, in memory.

    Raises:
        AehashError: The images are not those that the codes were made of.
    """
    side, channels = pixel_shape(run)
    say(f"pixels {side}²×{channels} of {run.database.source}")
    dataset = run_dataset(run.snapshot, run.database.source)
    books = []
    for book in (run.database, run.queries):
        made = pixels_book(dataset, str(book.split), image_size=side, channels=channels, say=say)
        books.append(_same(made, book, run))
    return books[0], books[1]


def encoder_pair(
    run: MethodRun,
    say: Say,
    progress: "Callable[[str], Progress | None]" = lambda split: None,
    workers: int = 2,
) -> Pair:
    """Open the features that a run's code layer takes; extract them where that was not done.

    Those of a frozen encoder are its own, before the head that was trained on it. A net without a
    code layer of its own, whose codes are the signs of its features, has these.

    Args:
        run: The run.
        say: Takes each line for the user.
        progress: Gives each split a function to report to.
        workers: Threads that decode images.

    Returns:
        Codebooks of the database and the queries, memory-mapped.

    Raises:
        UsageError: The layer gives, or the code layer takes, no row of features.
        AehashError: The images are not those that the codes were made of.
    """
    if _own(run):
        return run.database, run.queries
    folder = find_features(run) or _extract(run, say, progress, workers)
    books = [Codebook.load(folder / str(book.split)) for book in (run.database, run.queries)]
    return _same(books[0], run.database, run), _same(books[1], run.queries, run)


def find_features(run: MethodRun) -> Path | None:
    """Find the features that were extracted before, without opening the net.

    Args:
        run: The run.

    Returns:
        The folder with a codebook for each split; None where one is not there.
    """
    name = f"{_CODE}-*" if run.layer is None else _folder(run.layer)
    for folder in sorted(run.codes.glob(name)):
        splits = [folder / str(book.split) for book in (run.database, run.queries)]
        if all(_is_of(split, run) for split in splits):
            return folder
    return None


def _own(run: MethodRun) -> bool:
    """Say whether a net has no code layer of its own, so that its features are its codes'."""
    recipe = run.snapshot.recipe
    return run.layer is None and (recipe.describes or recipe.model.bits is None)


def _is_of(folder: Path, run: MethodRun) -> bool:
    if not (folder / MANIFEST).is_file():
        return False
    stages = stages_of(read_manifest(folder))
    layer = str(stages[0].get("layer")) if len(stages) == 1 else ""
    asked = run.layer in (None, layer)
    return asked and stages == [layer_stage(layer, run.snapshot.digest)]


def _folder(layer: str) -> str:
    return f"{LAYER}-{re.sub(r'[^A-Za-z0-9._-]+', '_', layer)}"


def _extract(
    run: MethodRun,
    say: Say,
    progress: "Callable[[str], Progress | None]",
    workers: int,
) -> Path:
    from aehash import backend

    backend.configure()  # before Keras is imported
    from aehash import extraction, models
    from aehash.models.blocks import AVERAGE
    from aehash.models.feature_input import feature_input

    net = run.snapshot.model()
    layer = run.layer or (AVERAGE if run.snapshot.recipe.head.frozen else feature_input(net))
    encoder = models.encoder(net, layer)
    if len(encoder.output_shape) != 2:
        raise UsageError(
            f"The layer {layer} of {run.snapshot.path} gives {encoder.output_shape}, and features "
            "are a row of numbers an image: name a layer after a Flatten or a pooling."
        )
    folder = run.codes / (_folder(layer) if run.layer else f"{_CODE}-{_folder(layer)}")
    rows, width = len(run.database) + len(run.queries), encoder.output_shape[-1]
    say(
        f"features {width:,} of the layer {layer}, {rows * width * 4 / 2**20:,.0f} MiB, once → "
        f"{folder}"
    )
    dataset = run_dataset(run.snapshot, run.database.source)
    for book in (run.database, run.queries):
        split = str(book.split)
        if _is_of(folder / split, run):
            continue
        extraction.extract(
            run.snapshot,
            dataset,
            split,
            folder / split,
            workers=workers,
            progress=progress(split),
            encoder=lambda: encoder,
            layer=layer,
        )
    return folder


def features_text(run: MethodRun) -> str:
    """Say what a run's encoder features are, without opening its net.

    Args:
        run: The run.

    Returns:
        Such as ``the 3,136 outputs of its layer flatten``.
    """
    folder = find_features(run)
    if _own(run):
        return "those that its codes are the signs of"
    if folder is None:
        return "what its code layer takes" if run.layer is None else f"of its layer {run.layer}"
    manifest = read_manifest(folder / str(run.database.split))
    return f"the {manifest['bits']:,} outputs of its layer {stages_of(manifest)[0]['layer']}"


def _same(made: Codebook, book: Codebook, run: MethodRun) -> Codebook:
    """Refuse features of other images than the codes'."""
    if not np.array_equal(made.keys, book.keys):
        raise AehashError(
            f"The images of {book.source} ({book.split}) are not those that {run.codes} was made "
            f"of; make the codes again with: aehash extract --run {run.snapshot.path}"
        )
    return made
