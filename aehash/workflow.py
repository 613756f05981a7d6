"""One function a command: what the command line, a notebook and a script all call."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aehash import registry
from aehash.errors import UsageError
from aehash.files import read_json
from aehash.recipe import Recipe
from aehash.snapshot import RECIPE, SPLIT, Snapshot, latest_run, new_run

if TYPE_CHECKING:
    from aehash.extraction import Extraction, Progress
    from aehash.generators.dataset import Dataset

#: Where runs are kept, unless told otherwise.
RUNS = Path("runs")
CODES = "codes"
SPLITS = ("train", "val", "test")

Say = Callable[[str], None]


def _silent(_: str) -> None:
    return


def make_recipe(
    experiment: str = "default",
    *,
    data: str | None = None,
    bits: int | None = None,
    encoder: str | None = None,
    weights: str | None = None,
    image_size: int | None = None,
    seed: int | None = None,
    settings: Iterable[str] = (),
) -> Recipe:
    """Take an experiment's recipe and change what is asked for.

    Args:
        experiment: Its name.
        data: A catalogue name or a path.
        bits: Width of the hash layer.
        encoder: A name of :func:`aehash.models.encoders.encode`.
        weights: ``none``, ``imagenet`` or a file.
        image_size: Side in pixels.
        seed: Of the training.
        settings: ``path=value`` strings, applied last.

    Returns:
        The recipe.
    """
    recipe = registry.experiment(experiment).recipe
    if data is not None:
        recipe = replace(recipe, data=replace(recipe.data, name=_absolute(data)))
    if image_size is not None:
        recipe = replace(recipe, data=replace(recipe.data, image_size=image_size))
    model = recipe.model
    if bits is not None:
        model = replace(model, bits=bits)
    if encoder is not None:
        model = replace(model, options={**model.options, "encoder": encoder})
    if weights is not None:
        model = replace(model, weights=None if weights == "none" else weights)
    recipe = replace(recipe, model=model)
    if seed is not None:
        recipe = replace(recipe, train=replace(recipe.train, seed=seed))
    return recipe.override(settings)


def _absolute(data: str) -> str:
    """Make a path independent of where the next command is run; leave names alone."""
    path = Path(data).expanduser()
    return str(path.resolve()) if path.exists() else data


def train(
    recipe: Recipe,
    *,
    runs: Path = RUNS,
    out: Path | None = None,
    split_file: Path | None = None,
    workers: int = 1,
    strict: bool = False,
    verbose: int = 0,
    say: Say = _silent,
) -> Snapshot:
    """Train a new run.

    Args:
        recipe: What to train.
        runs: Where a numbered folder is made for it, unless ``out`` is given.
        out: The run's folder.
        split_file: The split of another run, where the data has no official one.
        workers: Threads that decode images.
        strict: Fail at an unreadable image.
        verbose: Keras's: 0 silent, 1 a progress bar, 2 a line an epoch.
        say: Takes each line for the user.

    Returns:
        The snapshot.
    """
    from aehash import training
    from aehash.generators.splits import write_split

    dataset = registry.open_dataset(
        recipe.data.name, seed=recipe.data.seed, split_file=split_file, notes=say
    )
    recipe = training.resolve(recipe, dataset)
    training.build(recipe)  # wrong options fail here, before a folder is made
    run = out or new_run(runs, recipe)
    training.start(recipe, run)
    write_split(run / SPLIT, dataset)
    _announce(recipe, dataset, run, say)
    return training.train(
        recipe, dataset, run, workers=workers, strict=strict, verbose=verbose
    )


def resume(
    run: Path, *, workers: int = 1, strict: bool = False, verbose: int = 0, say: Say = _silent
) -> Snapshot:
    """Continue a run that was stopped or killed, from its last checkpoint.

    Args:
        run: The run's folder.
        workers: Threads that decode images.
        strict: Fail at an unreadable image.
        verbose: Keras's.
        say: Takes each line for the user.

    Returns:
        The snapshot; a finished run's is returned as it is.
    """
    from aehash import training
    from aehash.snapshot import RUN

    if not (run / RECIPE).is_file():
        raise UsageError(f"There is no run to resume in {run}: it has no {RECIPE}.")
    if (run / RUN).is_file():
        say(f"{run} is finished already.")
        return Snapshot.load(run)
    recipe = Recipe.from_dict(read_json(run / RECIPE))
    dataset = registry.open_dataset(
        recipe.data.name, seed=recipe.data.seed, split_file=run / SPLIT, notes=say
    )
    _announce(recipe, dataset, run, say)
    return training.train(
        recipe, dataset, run, workers=workers, strict=strict, verbose=verbose
    )


def _announce(recipe: Recipe, dataset: "Dataset", run: Path, say: Say) -> None:
    data, model, train = recipe.data, recipe.model, recipe.train
    counts = f"{len(dataset.training_rows()):,} to train on, {len(dataset.rows('val')):,} held out"
    options = ", ".join(f"{name} {value}" for name, value in model.options.items())
    width = "no bits" if model.bits is None else f"{model.bits} bits"
    say(f"data   {data.name}: {counts}, {data.image_size}×{data.image_size}×{data.channels}")
    say(f"model  {model.name}, {width}" + (f", {options}" if options else ""))
    say(
        f"train  {train.epochs} epochs, batch {train.batch_size}, {train.optimizer} "
        f"{train.learning_rate:g}, loss {recipe.loss.reconstruction} + balance per "
        f"{recipe.loss.balance}, seed {train.seed}"
    )
    say(f"run    {run}")


@dataclass(frozen=True)
class Extracted:
    """The codebooks of one ``extract``, by split."""

    folder: Path
    splits: dict[str, "Extraction"]


def extract(
    run: Path | None = None,
    *,
    runs: Path = RUNS,
    data: str | None = None,
    splits: Iterable[str] = SPLITS,
    out: Path | None = None,
    unpacked: bool = False,
    say: Say = _silent,
    progress: Callable[[str], "Progress | None"] = lambda split: None,
    **options: Any,
) -> Extracted:
    """Extract the codes of a data set's splits.

    Args:
        run: The trained run; by default the latest under ``runs``.
        runs: Where runs are kept.
        data: A catalogue name or path; by default what the run was trained on.
        splits: Of ``train``, ``val``, ``test``, ``all``; those without images are passed over.
        out: Folder for the codebooks; by default ``codes/DATA`` in the run's folder.
        unpacked: Also write the (n, bits) form.
        say: Takes each line for the user.
        progress: Gives each split a function to report to.
        **options: Of :func:`aehash.extraction.extract`.

    Returns:
        The codebooks.
    """
    from aehash import extraction

    snapshot = Snapshot.load(run or latest_run(runs))
    dataset = run_dataset(snapshot, data, say)
    folder = out or snapshot.path / CODES / _slug(data or snapshot.recipe.data.name)
    say(f"run    {snapshot.path}")
    say(f"data   {dataset.name}")
    done = {}
    for split in dict.fromkeys(splits):
        if not len(dataset.rows(split)):
            continue
        result = extraction.extract(
            snapshot, dataset, split, folder / split, progress=progress(split), **options
        )
        if unpacked:
            extraction.write_unpacked(folder / split)
        done[split] = result
        say(_extraction_line(split, result))
    return Extracted(folder, done)


def _extraction_line(split: str, result: "Extraction") -> str:
    speed = f"{result.images_per_second:,.0f} images/s" if result.images_per_second else "at hand"
    line = f"{split:5s}  {result.rows:,} images → {result.folder} ({speed})"
    if result.skipped:
        line += f"; {result.skipped} unreadable, listed in {result.folder / 'skipped.csv'}"
    return line


def run_dataset(snapshot: Snapshot, data: str | None = None, say: Say = _silent) -> "Dataset":
    """Open the data a run was trained on, with its split, or another.

    Args:
        snapshot: The run.
        data: A catalogue name or path; by default the run's own.
        say: Takes each line for the user.

    Returns:
        The data set.
    """
    own = snapshot.recipe.data
    if data is None or _absolute(data) == own.name:
        split = snapshot.path / SPLIT
        return registry.open_dataset(own.name, seed=own.seed, split_file=split, notes=say)
    return registry.open_dataset(_absolute(data), seed=own.seed, notes=say)


def _slug(data: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "_", Path(data).stem) or "data"
