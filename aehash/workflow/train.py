"""Train a new run, or continue one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aehash import kept_features, registry
from aehash.errors import UsageError
from aehash.files import read_json
from aehash.recipe import Recipe
from aehash.snapshot import RECIPE, RUN, SPLIT, Snapshot, new_run
from aehash.training_options import TrainingOptions
from aehash.workflow.announce import announce
from aehash.workflow.common import RUNS, Say, absolute, silent

if TYPE_CHECKING:
    import keras

    from aehash.generators.dataset import Dataset


def make_recipe(
    experiment: str = registry.DEFAULT,
    *,
    data: str | None = None,
    bits: int | None = None,
    encoder: str | None = None,
    weights: str | None = None,
    image_size: int | None = None,
    group_column: str | None = None,
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
        group_column: The column of a list whose groups no split parts.
        seed: Of the training.
        settings: ``path=value`` strings, applied last.

    Returns:
        The recipe.
    """
    recipe = registry.experiment(experiment).recipe
    if data is not None:
        recipe = replace(recipe, data=replace(recipe.data, name=absolute(data)))
    if image_size is not None:
        recipe = replace(recipe, data=replace(recipe.data, image_size=image_size))
    if group_column is not None:
        recipe = replace(recipe, data=replace(recipe.data, group_column=group_column))
    model = recipe.model
    if bits is not None:
        model = replace(model, bits=bits)
    if encoder is not None:
        model = replace(model, options={**model.options, "encoder": encoder})
    if weights is not None:
        model = replace(model, weights=None if weights == "none" else weights)
    settings = list(settings)
    if any(each.partition("=")[0] == "train.epochs" for each in settings):
        recipe = replace(recipe, agree=replace(recipe.agree, seen=0))  # what is asked for is done
    recipe = replace(recipe, model=model)
    if seed is not None:
        recipe = replace(recipe, train=replace(recipe.train, seed=seed))
    return recipe.override(settings)


def train(
    recipe: Recipe,
    *,
    runs: Path = RUNS,
    out: Path | None = None,
    split_file: Path | None = None,
    workers: int = 1,
    strict: bool = False,
    bar: bool = False,
    say: Say = silent,
    callbacks: "Sequence[keras.callbacks.Callback]" = (),
    every: float = 0.0,
) -> Snapshot:
    """Train a new run.

    Args:
        recipe: What to train.
        runs: Where a numbered folder is made for it, unless ``out`` is given.
        out: The run's folder.
        split_file: The split of another run, where the data has no official one.
        workers: Threads that decode images.
        strict: Fail at an unreadable image.
        bar: Show Keras's progress bar.
        say: Takes each line for the user.
        callbacks: Further Keras callbacks.
        every: Least seconds between two checkpoints; 0 writes one after each epoch.

    Returns:
        The snapshot.
    """
    from aehash import training

    recipe = _by_clusters(recipe)
    dataset = registry.open_dataset(
        recipe.data.name,
        seed=recipe.data.seed,
        split_file=split_file,
        group_column=recipe.data.group_column,
        notes=say,
    )
    recipe = training.resolve(recipe, dataset)
    training.check(recipe, dataset)
    run = out or new_run(runs, recipe)
    training.start(recipe, dataset, run)
    options = TrainingOptions(workers, strict, bar, say, callbacks, every)
    return _train(recipe, dataset, run, options)


def resume(
    run: Path,
    *,
    workers: int = 1,
    strict: bool = False,
    bar: bool = False,
    say: Say = silent,
    callbacks: "Sequence[keras.callbacks.Callback]" = (),
    every: float = 0.0,
) -> Snapshot:
    """Continue a run that was stopped or killed, from its last checkpoint.

    Args:
        run: The run's folder.
        workers: Threads that decode images.
        strict: Fail at an unreadable image.
        bar: Show Keras's progress bar.
        say: Takes each line for the user.
        callbacks: Further Keras callbacks.
        every: Least seconds between two checkpoints; 0 writes one after each epoch.

    Returns:
        The snapshot; a finished run's is returned as it is.
    """
    from aehash.checkpoint import Checkpoints

    if not (run / RECIPE).is_file():
        raise UsageError(f"There is no run to resume in {run}: it has no {RECIPE}.")
    if (run / RUN).is_file():
        Checkpoints(run).clear()  # where a kill came between the end and this
        kept_features.clear(run)
        say(f"{run} is finished already.")
        return Snapshot.load(run)
    recipe = Recipe.from_dict(read_json(run / RECIPE))
    dataset = registry.open_dataset(
        recipe.data.name,
        seed=recipe.data.seed,
        split_file=run / SPLIT,
        group_column=recipe.data.group_column,
        notes=say,
    )
    options = TrainingOptions(workers, strict, bar, say, callbacks, every)
    return _train(recipe, dataset, run, options)


def _by_clusters(recipe: Recipe) -> Recipe:
    """Let a list's column ``cluster`` say what matches, where a net learns from that."""
    if not recipe.describes or recipe.data.group_column is not None:
        return recipe
    return replace(
        recipe,
        data=replace(recipe.data, group_column=registry.cluster_column(recipe.data.name)),
    )


def _train(
    recipe: Recipe,
    dataset: "Dataset",
    run: Path,
    options: TrainingOptions,
) -> Snapshot:
    from aehash import training

    say = options.say or silent
    announce(recipe, dataset, run, say)
    try:
        return training.train(recipe, dataset, run, options)
    except KeyboardInterrupt:
        say(f"\nStopped. Continue with: aehash train --resume {run}")
        raise
