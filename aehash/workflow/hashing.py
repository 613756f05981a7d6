"""Learn classical codes from any features, and give them to others of the same kind."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from aehash import registry
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.hashing import Binariser, Method, fit_binariser
from aehash.workflow.common import Say, absolute, silent
from aehash.workflow.pixels import pixels_book
from aehash.workflow.stages import binarised, features_of


def features_book(path: Path) -> Codebook:
    """Open features: a codebook's folder, or a ``.npy`` file of them.

    Args:
        path: Either.

    Returns:
        A codebook with features; of a ``.npy`` file, without labels, its keys the rows' numbers.

    Raises:
        UsageError: The codebook has no features, or the array is no table of numbers.
        AehashError: It is missing or damaged, or a feature is not finite.
    """
    if path.suffix == ".npy" and not path.is_dir():
        try:
            table = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise AehashError(f"{path} cannot be read as .npy features ({error}).") from error
        return Codebook.from_arrays(features=table)
    book = Codebook.load(path)
    if book.features is None:
        raise UsageError(
            f"{path} has no features to hash: extract it again, or import it with --features."
        )
    return book


def open_pixels(
    data: str,
    split: str,
    *,
    image_size: int | None = None,
    channels: int | None = None,
    split_file: Path | None = None,
    say: Say = silent,
) -> Codebook:
    """Open the pixels of a data set's split as features.

    Args:
        data: A catalogue name or path.
        split: ``train``, ``val``, ``test`` or ``all``.
        image_size: Side of the square images; by default the stored one.
        channels: 1 or 3; by default the stored number.
        split_file: A run's ``split.json``; by default the official split, or one drawn with
            seed 0.
        say: Takes each line for the user.

    Returns:
        As `aehash.workflow.pixels.pixels_book` makes it.

    Raises:
        UsageError: There is no such data, or the images differ in size and none is given.
        AehashError: It cannot be read.
    """
    dataset = registry.open_dataset(absolute(data), split_file=split_file, notes=say)
    return pixels_book(dataset, split, image_size=image_size, channels=channels, say=say)


def learn(
    book: Codebook, method: Method = "itq", bits: int | None = None, *, seed: int = 0
) -> Binariser:
    """Learn codes from a codebook's features, and note whose they were.

    Args:
        book: With features, which may be memory-mapped; its labels are not looked at.
        method: Of `aehash.hashing.METHODS`.
        bits: Bits per code; needed but for ``sign``.
        seed: Of what the method draws.

    Returns:
        The binariser; its facts say ``of``, what named the features.

    Raises:
        UsageError: There is no such method, or it cannot make so many bits of these features.
        AehashError: All rows are equal.
    """
    made = fit_binariser(features_of(book), method, bits, seed=seed)
    if book.snapshot is None:
        return made
    return replace(made, facts={**made.facts, "of": book.snapshot})


def hashed(book: Codebook, stage: Binariser) -> Codebook:
    """Give a codebook codes that were learned on features of the same kind.

    Args:
        book: With features, which it keeps.
        stage: What was learned.

    Returns:
        A codebook of the stage's bits, which names it in its manifest.

    Raises:
        UsageError: The stage was learned on features of another training, stage or size.
    """
    of = stage.facts.get("of")
    if of is not None and book.snapshot is not None and of != book.snapshot:
        raise UsageError(
            "These features come from another training, stage or image size than those the codes "
            "were learned on, so the codes would mean nothing: learn them again, on features of "
            "the same kind."
        )
    return binarised(book, stage)
