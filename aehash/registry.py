"""The one outward look: data sets, experiments and studies by name, imported when asked for."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aehash.errors import UsageError, nearest
from aehash.recipe import AugmentRecipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from aehash.experiments.experiment import Experiment
    from aehash.experiments.study import Study
    from aehash.generators.dataset import Dataset
    from aehash.generators.dataset_info import DatasetInfo
    from aehash.generators.groups import Groups
    from aehash.generators.sizes import Box
    from aehash.generators.source import BatchSource

#: The experiment that is trained unless another is named.
DEFAULT = "autohash"


def open_dataset(
    spec: str,
    *,
    seed: int = 0,
    split_file: Path | None = None,
    group_column: str | None = None,
    notes: Callable[[str], None] | None = None,
) -> "Dataset":
    """Open a data set by name or path; see :func:`aehash.generators.open_dataset`."""
    from aehash import generators

    return generators.open_dataset(
        spec, seed=seed, split_file=split_file, group_column=group_column, notes=notes
    )


def cluster_column(spec: str) -> str | None:
    """Name a list's column of clusters; see :func:`aehash.generators.clusters.cluster_column`."""
    from aehash.generators import clusters

    return clusters.cluster_column(spec)


def list_groups(spec: str, column: str | None = None) -> "Groups | None":
    """Read who belongs together; see :func:`aehash.generators.read_files.list_groups`.

    Args:
        spec: A catalogue name or a path.
        column: The list's column; by default one that usually tells patients apart.

    Returns:
        The groups; None where the data is no list, or no column says so.

    Raises:
        UsageError: There is no such column, or a cell of it is empty.
    """
    from aehash.generators.file_options import split_spec
    from aehash.generators.read_files import list_groups as read

    path = Path(split_spec(spec)[0]).expanduser()
    return read(path, column) if path.suffix.lower() in (".csv", ".tsv") else None


def dataset_infos() -> "Mapping[str, DatasetInfo]":
    """Give the catalogue of data sets by name."""
    from aehash.generators.catalogue import CATALOGUE

    return CATALOGUE


def dataset_name(text: str) -> str | None:
    """Give the usual spelling of a data set's name; None where there is no such set."""
    from aehash.generators.catalogue import known

    info = known(text)
    return None if info is None else info.name


def dataset_info(name: str) -> "DatasetInfo":
    """Find a data set's entry by its name, in any spelling that is known.

    Args:
        name: Such as ``pathmnist`` or ``pathmnist:64``.

    Returns:
        The entry.

    Raises:
        UsageError: There is none.
    """
    from aehash.generators.catalogue import known, suggestion

    info = known(name)
    if info is None:
        raise UsageError(f"There is no data set {name!r}.{suggestion(name)}")
    return info


def dataset_place(info: "DatasetInfo") -> tuple[Path | None, bool]:
    """Say where a data set's file is or would be put, and whether it is at hand.

    Args:
        info: An entry of the catalogue.

    Returns:
        The path, None for a set that comes with a dependency; and whether it can be opened
        without a network.
    """
    from aehash.generators.fetch import cache_folder, find

    if info.kind == "bundled":
        return None, True
    found = find(info)
    return found or cache_folder() / info.filename, found is not None


def at_hand(source: str) -> bool:
    """Say whether a data set could be opened without a download.

    Args:
        source: A catalogue name, or a path.

    Returns:
        False for a named set whose file is not on this machine.
    """
    info = dataset_infos().get(source)
    return info is None or dataset_place(info)[1]


def data_folders() -> list[Path]:
    """List where data are looked for: ``$AEHASH_DATA`` where it is set, then the user's cache."""
    from aehash.generators.fetch import folders

    return folders()


def chosen(
    dataset: "Dataset", rows: "NDArray[np.int64]", boxes: "Sequence[Box] | None" = None
) -> "Dataset":
    """Take some images, whole or cut to boxes; see :func:`aehash.generators.boxes.chosen`."""
    from aehash.generators import boxes as boxed

    return boxed.chosen(dataset, rows, boxes)


def upright_size(dataset: "Dataset", row: int) -> tuple[int, int]:
    """Read an image's width and height; see :func:`aehash.generators.boxes.upright_size`."""
    from aehash.generators import boxes as boxed

    return boxed.upright_size(dataset, row)


def batches(
    dataset: "Dataset",
    rows: "NDArray[np.int64]",
    *,
    augment: AugmentRecipe | None = None,
    **options: Any,
) -> "BatchSource":
    """Make the batch source that fits a data set's storage; see :mod:`aehash.generators.source`."""
    from aehash.generators import source
    from aehash.generators.augment import Augment

    changes = None if augment in (None, AugmentRecipe()) else Augment(**asdict(augment))
    return source.batches(dataset, rows, augment=changes, **options)


def experiment_names() -> list[str]:
    """List the experiments, each a recipe that can be trained."""
    return _having("EXPERIMENT")


def study_names() -> list[str]:
    """List the studies, each of several nets and a figure."""
    return _having("STUDY")


def experiment(name: str) -> "Experiment":
    """Find an experiment by name.

    Args:
        name: The name of its file.

    Returns:
        The experiment.

    Raises:
        UsageError: There is none of that name, or it is a study.
    """
    if name in study_names():
        raise UsageError(
            f"{name} is a study of several nets; run it with: aehash experiments run {name}"
        )
    names = experiment_names()
    if name not in names:
        raise UsageError(f"There is no experiment {name!r}.{nearest(name, names)}")
    found: Experiment = _module(name).EXPERIMENT
    return found


def study(name: str) -> "Study":
    """Find a study by name.

    Args:
        name: The name of its file.

    Returns:
        The study.

    Raises:
        UsageError: There is none of that name, or it is a recipe.
    """
    if name in experiment_names():
        raise UsageError(f"{name} is a recipe; train it with: aehash train --experiment {name}")
    names = study_names()
    if name not in names:
        raise UsageError(f"There is no study {name!r}.{nearest(name, names)}")
    found: Study = _module(name).STUDY
    return found


def _having(attribute: str) -> list[str]:
    """List the files of experiments that define something; none of them imports Keras."""
    from aehash import experiments

    names = (module.name for module in pkgutil.iter_modules(experiments.__path__))
    return sorted(name for name in names if hasattr(_module(name), attribute))


def _module(name: str) -> Any:
    return importlib.import_module(f"aehash.experiments.{name}")
