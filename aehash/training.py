"""Training: recipe × data → snapshot, in checkpoints that a killed run continues from."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from aehash import losses, models
from aehash.checkpoint import Checkpoints, Progress
from aehash.epochs import Epochs, Say
from aehash.errors import AehashError, UsageError
from aehash.files import write_json
from aehash.finishing import write_snapshot
from aehash.optimisers import optimiser
from aehash.recipe import LossRecipe, Recipe, TrainRecipe
from aehash.snapshot import RECIPE, SPLIT, Snapshot

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset
    from aehash.generators.source import BatchSource

#: Side in pixels for data whose images have no common size, where the recipe names none.
DEFAULT_IMAGE_SIZE = 64


@dataclass(frozen=True)
class Sources:
    """The batches of a run.

    Attributes:
        training: The images to learn from.
        validation: Those held out; None where there are none, or none can be read.
        lost: Key and reason of held-out images, where none of them can be read.
    """

    training: "BatchSource"
    validation: "BatchSource | None"
    lost: tuple[tuple[str, str], ...] = ()

    def skipped(self) -> list[tuple[str, str]]:
        """List the images that could not be read, with the reason."""
        held_out = [] if self.validation is None else self.validation.skipped
        return [*self.training.skipped, *held_out, *self.lost]


def resolve(recipe: Recipe, dataset: "Dataset") -> Recipe:
    """Fill in what a recipe leaves to the data: image size and channels.

    Args:
        recipe: As asked for.
        dataset: What it is trained on.

    Returns:
        A recipe that names both.
    """
    size = recipe.data.image_size or dataset.image_size or DEFAULT_IMAGE_SIZE
    channels = recipe.data.channels or dataset.channels
    data = replace(recipe.data, image_size=size, channels=channels)
    return replace(recipe, data=data)


def start(recipe: Recipe, dataset: "Dataset", run: Path) -> None:
    """Write split and recipe into a new run's folder, from where it can be resumed.

    Args:
        recipe: A resolved recipe.
        dataset: The images, whose split is kept.
        run: The run's folder; made where missing.

    Raises:
        UsageError: The folder already holds a run.
    """
    if (run / RECIPE).exists():
        raise UsageError(
            f"{run} already holds a run; continue it with --resume {run}, or give another --out."
        )
    from aehash.generators.splits import write_split

    run.mkdir(parents=True, exist_ok=True)
    write_split(run / SPLIT, dataset)
    write_json(run / RECIPE, recipe.to_dict())


def train(
    recipe: Recipe,
    dataset: "Dataset",
    run: Path,
    *,
    workers: int = 1,
    strict: bool = False,
    bar: bool = False,
    say: Say | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Snapshot:
    """Train, or continue to train, and write the snapshot.

    Args:
        recipe: The run's resolved recipe, as written by :func:`start`.
        dataset: The images.
        run: The run's folder; a checkpoint in it is continued from.
        workers: Threads that decode images.
        strict: Fail at an unreadable image instead of skipping it.
        bar: Show Keras's progress bar.
        say: Takes a line after each epoch, where there is no bar.
        callbacks: Further ones, called after aehash's own.

    Returns:
        The finished snapshot.

    Raises:
        UsageError: The data has no images to train on.
        AehashError: The loss became NaN, or a file could not be written.
    """
    precision = keras.config.dtype_policy().name
    keras.config.set_dtype_policy(recipe.train.precision)
    try:
        return _train(recipe, dataset, run, workers, strict, bar, say, callbacks)
    finally:
        keras.config.set_dtype_policy(precision)


def _train(
    recipe: Recipe,
    dataset: "Dataset",
    run: Path,
    workers: int,
    strict: bool,
    bar: bool,
    say: Say | None,
    callbacks: Sequence[keras.callbacks.Callback],
) -> Snapshot:
    keras.utils.set_random_seed(recipe.train.seed)
    autoencoder = build(recipe)
    _say_padding(autoencoder, say)
    progress = Progress()
    if recipe.train.epochs:
        progress = _fit(autoencoder, recipe, dataset, run, workers, strict, bar, say, callbacks)
    write_snapshot(run, recipe, autoencoder, progress, dataset)
    Checkpoints(run).clear()
    return Snapshot.load(run)


def _fit(
    autoencoder: keras.Model,
    recipe: Recipe,
    dataset: "Dataset",
    run: Path,
    workers: int,
    strict: bool,
    bar: bool,
    say: Say | None,
    callbacks: Sequence[keras.callbacks.Callback],
) -> Progress:
    """Train an autoencoder from the run's checkpoint on, and leave it with its best weights."""
    steps = recipe.train.epochs * -(-len(dataset.training_rows()) // recipe.train.batch_size)
    trainer = compiled(autoencoder, recipe.loss, recipe.train, steps)
    checkpoints = Checkpoints(run)
    progress = checkpoints.restore(trainer)
    sources = _sources(recipe, dataset, workers, strict, progress.epoch)
    if progress.epoch < recipe.train.epochs and not progress.stopped:
        loop = Epochs(progress, checkpoints, recipe.train, sources.skipped, None if bar else say)
        with _sentences():
            trainer.fit(
                sources.training,
                validation_data=sources.validation,
                initial_epoch=progress.epoch,
                epochs=recipe.train.epochs,
                callbacks=[sources.training.epoch_callback(), loop, *callbacks],
                shuffle=False,  # the source does it, from the seed and the epoch
                verbose=1 if bar else 0,
            )
    checkpoints.restore_best(trainer)
    return progress


def _say_padding(autoencoder: keras.Model, say: Say | None) -> None:
    inside, given = models.padded_size(autoencoder), autoencoder.input_shape[1]
    if say is not None and inside is not None:
        say(
            f"note   {given} pixels cannot be halved as often as {autoencoder.name} does it, so it "
            f"works at {inside}: the rest is zeros around the image, cut off again at the end"
        )


def build(recipe: Recipe) -> keras.Model:
    """Build the autoencoder a resolved recipe describes.

    Args:
        recipe: With image size and channels.

    Returns:
        The model, not compiled.

    Raises:
        UsageError: It only describes, so that there is no reconstruction to learn from.
    """
    model = models.build(
        recipe.model.name,
        bits=recipe.model.bits,
        image_size=recipe.data.image_size,
        channels=recipe.data.channels,
        weights=recipe.model.weights,
        **recipe.model.options,
    )
    if models.describes(model):
        raise UsageError(
            f"{recipe.model.name} has no decoder to learn by reconstructing; it learns from pairs "
            "of images, which `aehash train` does not do yet. Take an autoencoder, such as "
            "akbacak2023, or describe images with the net as it is: aehash.descriptors.describe."
        )
    return model


def compiled(
    autoencoder: keras.Model, loss: LossRecipe, train: TrainRecipe, steps: int | None = None
) -> keras.Model:
    """Wrap an autoencoder for training: two outputs, each with its loss; weights are shared.

    Args:
        autoencoder: From :func:`build`.
        loss: What is minimised.
        train: The optimiser and its schedule.
        steps: Of the whole training, for a schedule that ends with it.

    Returns:
        A compiled model whose targets are ``{"reconstruction": images, "hash": anything}``.
    """
    feature = autoencoder.get_layer(models.feature_layer(autoencoder)).output
    outputs = {"reconstruction": autoencoder.output, "hash": feature}
    trainer = keras.Model(autoencoder.input, outputs)
    per = "code" if loss.balance == "off" else loss.balance
    trainer.compile(
        optimizer=optimiser(train, steps),
        loss={
            "reconstruction": losses.Reconstruction(loss.reconstruction),
            "hash": losses.BitBalance(per),
        },
        loss_weights={
            "reconstruction": loss.beta,
            "hash": 0.0 if loss.balance == "off" else loss.alpha,
        },
    )
    return trainer


def _sources(recipe: Recipe, dataset: "Dataset", workers: int, strict: bool, epoch: int) -> Sources:
    from aehash.registry import batches

    rows = dataset.training_rows()
    if len(rows) < 2:
        raise UsageError(
            f"{dataset.name} has {len(rows)} image(s) to train on; training needs at least 2, "
            "and is worth something from some hundreds on."
        )
    common: dict[str, Any] = {
        "image_size": recipe.data.image_size,
        "channels": recipe.data.channels,
        "batch_size": recipe.train.batch_size,
        "targets": "reconstruction",
        "workers": workers,
        "strict": strict,
    }
    training = batches(
        dataset,
        rows,
        shuffle=True,
        seed=recipe.train.seed,
        augment=recipe.augment,
        epoch=epoch,
        **common,
    )
    held_out = dataset.rows("val")
    validation = batches(dataset, held_out, **common) if len(held_out) else None
    if validation is not None and not _any_readable(validation):
        return Sources(training, None, tuple(validation.skipped))
    return Sources(training, validation)


def _any_readable(source: "BatchSource") -> bool:
    """Say whether any image can be read, which the first batch nearly always shows."""
    return any(len(source.readable(index)[1]) for index in range(len(source)))


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    """Let our own errors through a back end that wraps what its data threads raise."""
    try:
        yield
    except AehashError:
        raise
    except Exception as error:
        ours = _cause(error)
        if ours is None:
            raise
        raise ours from error


def _cause(error: BaseException) -> AehashError | None:
    from aehash.generators.images import UnreadableImage

    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, AehashError):
            return seen
        seen = seen.__cause__ or seen.__context__
    text = str(error)
    if UnreadableImage.__name__ in text:
        tail = text.split(f"{UnreadableImage.__name__}:", 1)[-1].strip()
        return AehashError(tail.splitlines()[0])
    return None
