"""Training: recipe × data → snapshot, in checkpoints that a killed run continues from."""

import contextlib
import csv
import datetime
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from aehash import losses, models, plots
from aehash.checkpoint import Checkpoints, Progress
from aehash.errors import AehashError, UsageError
from aehash.files import atomic_file, write_json
from aehash.recipe import LossRecipe, Recipe, TrainRecipe
from aehash.snapshot import MODEL, RECIPE, RUN, Snapshot, versions, weights_digest

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset
    from aehash.generators.source import BatchSource

#: Takes each line for the user.
Say = Callable[[str], None]
#: Side in pixels for data whose images have no common size, where the recipe names none.
DEFAULT_IMAGE_SIZE = 64
_PREVIEWS = 8


@dataclass(frozen=True)
class Sources:
    """The batches of a run: training images, and validation images where there are any."""

    training: "BatchSource"
    validation: "BatchSource | None"


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


def start(recipe: Recipe, run: Path) -> None:
    """Write the recipe into a new run's folder, from where it can be resumed.

    Args:
        recipe: A resolved recipe.
        run: The run's folder; made where missing.

    Raises:
        UsageError: The folder already holds a run.
    """
    if (run / RECIPE).exists():
        raise UsageError(
            f"{run} already holds a run; continue it with --resume {run}, or give another --out."
        )
    run.mkdir(parents=True, exist_ok=True)
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
) -> Snapshot:
    """Train, or continue to train, and write the snapshot.

    Args:
        recipe: The run's resolved recipe, as written by :func:`start`.
        dataset: The images.
        run: The run's folder; a checkpoint in it is continued from.
        workers: Threads that decode images.
        strict: Fail at an unreadable image instead of skipping it.
        bar: Show Keras's progress bar.
        say: Takes a line after each epoch.

    Returns:
        The finished snapshot.

    Raises:
        UsageError: The data has no images to train on.
        AehashError: The loss became NaN, or a file could not be written.
    """
    precision = keras.config.dtype_policy().name
    keras.config.set_dtype_policy(recipe.train.precision)
    try:
        return _train(recipe, dataset, run, workers, strict, bar, say)
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
) -> Snapshot:
    keras.utils.set_random_seed(recipe.train.seed)
    autoencoder = build(recipe)
    trainer = compiled(autoencoder, recipe.loss, recipe.train)
    checkpoints = Checkpoints(run)
    progress = checkpoints.restore(trainer)
    sources = _sources(recipe, dataset, workers, strict, progress.epoch)
    if progress.epoch < recipe.train.epochs and not progress.stopped:
        loop = _Epochs(progress, checkpoints, recipe.train, say)
        with _sentences():
            trainer.fit(
                sources.training,
                validation_data=sources.validation,
                initial_epoch=progress.epoch,
                epochs=recipe.train.epochs,
                callbacks=[sources.training.epoch_callback(), loop],
                shuffle=False,  # the source does it, from the seed and the epoch
                verbose=1 if bar else 0,
            )
    checkpoints.restore_best(trainer)
    _finish(run, recipe, autoencoder, progress, dataset, sources)
    checkpoints.clear()
    return Snapshot.load(run)


def build(recipe: Recipe) -> keras.Model:
    """Build the autoencoder a resolved recipe describes.

    Args:
        recipe: With image size and channels.

    Returns:
        The model, not compiled.
    """
    return models.build(
        recipe.model.name,
        bits=recipe.model.bits,
        image_size=recipe.data.image_size,
        channels=recipe.data.channels,
        weights=recipe.model.weights,
        **recipe.model.options,
    )


def compiled(autoencoder: keras.Model, loss: LossRecipe, train: TrainRecipe) -> keras.Model:
    """Wrap an autoencoder for training: two outputs, each with its loss; weights are shared.

    Args:
        autoencoder: From :func:`build`.
        loss: What is minimised.
        train: The optimiser and its schedule.

    Returns:
        A compiled model whose targets are ``{"reconstruction": images, "hash": anything}``.
    """
    feature = autoencoder.get_layer(models.feature_layer(autoencoder)).output
    outputs = {"reconstruction": autoencoder.output, "hash": feature}
    trainer = keras.Model(autoencoder.input, outputs)
    per = "code" if loss.balance == "off" else loss.balance
    trainer.compile(
        optimizer=_optimizer(train),
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


def _optimizer(train: TrainRecipe) -> keras.optimizers.Optimizer:
    rate: Any = train.learning_rate
    if train.decay:
        rate = keras.optimizers.schedules.InverseTimeDecay(rate, 1, train.decay)
    if train.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=train.momentum)
    return keras.optimizers.Adam(rate)


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
    return Sources(training, validation)


class _Epochs(keras.callbacks.Callback):
    """After each epoch: note the losses, keep the best, write the checkpoint, stop early."""

    def __init__(
        self, progress: Progress, checkpoints: Checkpoints, train: TrainRecipe, say: Say | None
    ) -> None:
        super().__init__()
        self.progress = progress
        self.checkpoints = checkpoints
        self.train = train
        self.say = say
        self.started = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        _refuse_nan(numbers, epoch + 1)
        progress = self.progress
        progress.epoch = epoch + 1
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        seconds = round(time.monotonic() - self.started, 3)
        progress.history.append(
            {"epoch": epoch + 1, "seconds": seconds, "learning_rate": rate, **numbers}
        )
        watched = numbers.get("val_loss", numbers["loss"])
        if progress.best is None or watched < progress.best:
            progress.best, progress.best_epoch = watched, epoch + 1
        patience = self.train.patience
        progress.stopped = bool(patience) and epoch + 1 - progress.best_epoch >= patience
        self.checkpoints.save(self.model, progress)
        if progress.stopped:
            self.model.stop_training = True
        if self.say is not None:
            self.say(_epoch_line(progress, self.train.epochs))


def _epoch_line(progress: Progress, epochs: int) -> str:
    row = progress.history[-1]
    line = f"epoch {progress.epoch:>{len(str(epochs))}}/{epochs}  loss {row['loss']:.4f}"
    if "val_loss" in row:
        line += f"  validation {row['val_loss']:.4f}"
    if progress.stopped:
        return f"{line}  no better for a while, so it stops"
    recent = progress.history[-5:]
    seconds = sum(each["seconds"] for each in recent) / len(recent)
    left = (epochs - progress.epoch) * seconds
    return f"{line}  {duration(left)} left" if left else line


def duration(seconds: float) -> str:
    """Write a duration for people: ``42 s``, ``3 min 10 s``, ``2 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _refuse_nan(numbers: dict[str, float], epoch: int) -> None:
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise AehashError(
                f"{name} became {value} in epoch {epoch}. Lower the learning rate "
                "(--set train.learning_rate=…), or use train.precision=float32."
            )


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


def _finish(
    run: Path,
    recipe: Recipe,
    autoencoder: keras.Model,
    progress: Progress,
    dataset: "Dataset",
    sources: Sources,
) -> None:
    with atomic_file(run / MODEL) as aside:
        autoencoder.save(aside)
    _write_history(run / "history.csv", progress.history)
    plots.loss_curve(run / "loss.png", progress.history, progress.best_epoch)
    _draw_reconstructions(run / "reconstructions.png", autoencoder, dataset, recipe)
    skipped = _write_skipped(run / "skipped.csv", sources)
    weights = weights_digest(autoencoder)
    write_json(
        run / RUN,
        {
            "digest": _digest(recipe.digest(), weights),
            "recipe_digest": recipe.digest(),
            "weights_digest": weights,
            "data_digest": dataset.digest(),
            "source": dataset.source,
            "training_images": len(dataset.training_rows()),
            "validation_images": len(dataset.rows("val")),
            "skipped_images": skipped,
            "parameters": autoencoder.count_params(),
            "epochs": progress.epoch,
            "best_epoch": progress.best_epoch,
            "best_loss": progress.best,
            "seconds": round(sum(row["seconds"] for row in progress.history), 1),
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "backend": keras.backend.backend(),
            "versions": versions(),
        },
    )


def _digest(*parts: str) -> str:
    import hashlib

    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _write_history(path: Path, history: list[dict[str, float]]) -> None:
    with atomic_file(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(history[0]))
        writer.writeheader()
        writer.writerows(history)


def _draw_reconstructions(
    path: Path, autoencoder: keras.Model, dataset: "Dataset", recipe: Recipe
) -> None:
    from aehash.registry import batches

    held_out = dataset.rows("val")
    rows = (held_out if len(held_out) else dataset.training_rows())[:_PREVIEWS]
    source = batches(
        dataset,
        rows,
        image_size=recipe.data.image_size,
        channels=recipe.data.channels,
        batch_size=_PREVIEWS,
    )
    images, _ = source.readable(0)
    if len(images):
        plots.reconstructions(path, images, autoencoder.predict_on_batch(images))


def _write_skipped(path: Path, sources: Sources) -> int:
    from aehash.generators.source import write_skipped

    skipped = list(sources.training.skipped)
    if sources.validation is not None:
        skipped += sources.validation.skipped
    if skipped:
        write_skipped(path, skipped)
    return len(skipped)
