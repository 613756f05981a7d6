"""Training of an autoencoder by Keras, from the run's checkpoint on."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from aehash import losses, models
from aehash.checkpoint import Checkpoints, Progress
from aehash.epochs import Epochs
from aehash.errors import AehashError, UsageError
from aehash.optimisers import optimiser
from aehash.recipe import LossRecipe, Recipe, TrainRecipe
from aehash.training_options import TrainingOptions

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset
    from aehash.generators.source import BatchSource


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


def fit(
    model: keras.Model,
    recipe: Recipe,
    dataset: "Dataset",
    run: Path,
    options: TrainingOptions,
) -> Progress:
    """Train from the run's checkpoint on, and leave the autoencoder with its best weights.

    Args:
        model: The autoencoder; its weights are trained.
        recipe: Resolved.
        dataset: The images.
        run: The run's folder, where checkpoints are kept.
        options: How the training is carried out.

    Returns:
        How far it came.

    Raises:
        UsageError: The data has no images to train on.
        AehashError: The loss became NaN, or a file could not be written.
    """
    steps = recipe.train.epochs * -(-len(dataset.training_rows()) // recipe.train.batch_size)
    trainer = compiled(model, recipe.loss, recipe.train, steps)
    checkpoints = Checkpoints(run)
    progress = checkpoints.restore(trainer)
    sources = _sources(recipe, dataset, options, progress.epoch)
    if progress.epoch < recipe.train.epochs and not progress.stopped:
        said = None if options.bar else options.say
        loop = Epochs(
            progress, checkpoints, recipe.train, sources.skipped, said, every=options.every
        )
        with sentences():
            trainer.fit(
                sources.training,
                validation_data=sources.validation,
                initial_epoch=progress.epoch,
                epochs=recipe.train.epochs,
                callbacks=[sources.training.epoch_callback(), loop, *options.callbacks],
                shuffle=False,  # the source does it, from the seed and the epoch
                verbose=1 if options.bar else 0,
            )
    checkpoints.restore_best(trainer)
    return progress


def compiled(
    autoencoder: keras.Model, loss: LossRecipe, train: TrainRecipe, steps: int | None = None
) -> keras.Model:
    """Wrap an autoencoder for training: two outputs, each with its loss; weights are shared.

    Args:
        autoencoder: From :func:`aehash.models.build`.
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


def _sources(recipe: Recipe, dataset: "Dataset", options: TrainingOptions, epoch: int) -> Sources:
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
        "workers": options.workers,
        "strict": options.strict,
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
def sentences() -> Iterator[None]:
    """Let our own errors through a back end that wraps what its data threads raise.

    Yields:
        Nothing; what is raised inside comes out as it was raised.
    """
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
