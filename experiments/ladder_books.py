"""The codes that a ladder judges: published ones, a pair of codebooks, or of a net trained here."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from aehash.codebook import Codebook
from aehash.codebook.files import MANIFEST
from aehash.errors import AehashError, UsageError
from aehash.experiments.study import Order

SPLITS = ("train", "test")


def at_hand(name: str) -> Path | None:
    """Find a file where data are looked for.

    Args:
        name: Its name.

    Returns:
        The file, or None.
    """
    from aehash import registry

    places = (folder / name for folder in registry.data_folders())
    return next((place for place in places if place.is_file()), None)


def published(file: Path, data: str, bits: int) -> tuple[Codebook, Codebook]:
    """Open published outputs of one width, in the order of the data's images.

    Args:
        file: ``.npz`` of ``codes_SPLIT_BITS`` and ``features_SPLIT_BITS``.
        data: What they were made from, for the labels.
        bits: The width.

    Returns:
        Database and queries.

    Raises:
        AehashError: The file holds something else.
    """
    from aehash import registry

    dataset = registry.open_dataset(data)
    found = []
    with np.load(file, allow_pickle=False) as arrays:
        for split in SPLITS:
            rows = dataset.rows(split)
            missing = [name for name in _names(split, bits) if name not in arrays]
            if missing or dataset.labels is None:
                raise AehashError(f"{file} has no {', '.join(missing) or 'labels'}.")
            codes, features = (arrays[name] for name in _names(split, bits))
            found.append(
                Codebook.from_arrays(
                    codes,
                    features=features,
                    labels=dataset.labels[rows],
                    keys=[dataset.key(int(row)) for row in rows],
                    source=dataset.source,
                    split=split,
                )
            )
    return found[0], found[1]


def given(place: Path) -> tuple[Codebook, Codebook]:
    """Open codebooks that somebody made.

    Args:
        place: A folder with ``train`` and ``test``, or a run, whose latest codes are meant.

    Returns:
        Database and queries.

    Raises:
        UsageError: They are not there.
    """
    from aehash.workflow.books import latest_codes

    if not place.is_dir():
        raise UsageError(f"--data {place} is no folder: give a run, or one with train and test.")
    folder = place
    if not all((place / split / MANIFEST).is_file() for split in SPLITS):
        folder = latest_codes(place, place.parent, split="test")
    train, test = (Codebook.load(folder / split) for split in SPLITS)
    return train, test


def trained_here(
    order: Order,
    experiment: str,
    settings: Iterable[str] = (),
    splits: Sequence[str] = SPLITS,
    weights: str | None = None,
) -> Path:
    """Train a net in the study's folder, unless it is there, and extract its codes.

    Args:
        order: What was asked for; ``data`` is what it learns.
        experiment: The recipe.
        settings: What is changed of it.
        splits: Which images' codes.
        weights: Of a pretrained encoder, where the recipe has one.

    Returns:
        A folder with a codebook for each split.
    """
    from aehash import workflow
    from aehash.experiments.net_folder import trained

    run = order.out / "nets" / experiment
    codes = run / "codes" / "judged"
    if not all((codes / split / MANIFEST).is_file() for split in splits):
        recipe = workflow.make_recipe(
            experiment, data=order.data, settings=settings, weights=weights
        )
        trained(run, recipe)
        workflow.extract(run, splits=splits, out=codes)
    return codes


def _names(split: str, bits: int) -> tuple[str, str]:
    return f"codes_{split}_{bits}", f"features_{split}_{bits}"
