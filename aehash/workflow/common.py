"""What the commands share: where runs and codes stand, and how a run's data is opened."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aehash import registry
from aehash.errors import UsageError
from aehash.snapshot import SPLIT, Snapshot

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

#: Where runs are kept, unless told otherwise.
RUNS = Path("runs")
CODES = "codes"
SPLITS = ("train", "val", "test")

#: Takes each line for the user.
Say = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing."""


def absolute(data: str) -> str:
    """Make a path independent of where the next command is run, and a name the usual one."""
    if data in registry.dataset_infos():
        return data
    from aehash.generators.file_options import split_spec

    bare, asked = split_spec(data)
    path = Path(bare).expanduser()
    if path.exists():
        return f"{path.resolve()}{asked}"
    return registry.dataset_name(data) or data


def run_dataset(snapshot: Snapshot, data: str | None = None, say: Say = silent) -> "Dataset":
    """Open the data a run was trained on, with its split, or another.

    Args:
        snapshot: The run.
        data: A catalogue name or path; by default the run's own.
        say: Takes each line for the user.

    Returns:
        The data set.

    Raises:
        UsageError: The run was made of weights from elsewhere, and no data is named.
    """
    own = snapshot.recipe.data
    if data is None and "converted" in snapshot.info:
        raise UsageError(
            f"The weights of {snapshot.path} come from elsewhere, so it has no images of its own; "
            "name some with --data."
        )
    if data is None or absolute(data) == own.name:
        split = snapshot.path / SPLIT
        return registry.open_dataset(own.name, seed=own.seed, split_file=split, notes=say)
    return registry.open_dataset(absolute(data), seed=own.seed, notes=say)


def slug(data: str) -> str:
    """Turn a data set's name or path into the name of a folder."""
    return re.sub(r"[^A-Za-z0-9.]+", "_", Path(data).stem) or "data"
