"""Siamese training of a net that describes, by tuples mined anew every epoch.

After Radenović, Tolias and Chum (2019), whose code dang2023 trains with: each epoch draws queries
and a pool, describes them with the net as it stands, and gives every query a match and the most
similar images of other clusters. A step sums the gradients of a few tuples; batch normalisation
stays at its stored statistics.
"""

import contextlib
import itertools
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from aehash.checkpoint import Checkpoints, Progress
from aehash.epochs import Epochs
from aehash.errors import UsageError
from aehash.optimisers import optimiser
from aehash.recipe import Recipe
from aehash.siamese.miner import Mined, Miner
from aehash.siamese.sides import NOT_JUDGED, Side, training_side, validation_side
from aehash.siamese.step import Step, learned_p
from aehash.training_options import TrainingOptions

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

#: Tuples whose losses are taken at once in validation.
_AT_ONCE = 256


def fit(
    model: keras.Model,
    recipe: Recipe,
    dataset: "Dataset",
    run: Path,
    options: TrainingOptions,
) -> Progress:
    """Train from the run's checkpoint on, and leave the net with its best weights.

    Args:
        model: One that only describes; its weights are trained.
        recipe: Resolved.
        dataset: The images, which say what matches.
        run: The run's folder, where checkpoints are kept.
        options: How the training is carried out; the bar shows progress within an epoch, and there
            is a line after each in any case.

    Returns:
        How far it came.

    Raises:
        UsageError: No tuple can be made of the images.
        AehashError: A loss, a descriptor or GeM's p became NaN, or a file could not be written.
    """
    training = training_side(dataset, recipe)
    validation, note = validation_side(dataset, recipe)
    if note and options.say is not None:
        options.say(f"note   {note}")
    batches = -(-training.count() // recipe.train.batch_size)
    net = keras.Model(model.input, model.output)
    net.compile(optimizer=optimiser(recipe.train, recipe.train.epochs * batches))
    checkpoints = Checkpoints(run)
    progress = checkpoints.restore(net)
    if progress.epoch < recipe.train.epochs and not progress.stopped:
        skipped = dict(progress.skipped)
        miner = Miner(net, dataset, recipe, skipped, options)
        own = Epochs(
            progress,
            checkpoints,
            recipe.train,
            skipped.items,
            options.say,
            every=options.every,
        )
        told = keras.callbacks.CallbackList([own, *options.callbacks], model=net)
        judged = any("val_loss" in row for row in progress.history)
        _Loop(net, recipe, training, validation, miner, told, judged).run(progress.epoch)
    checkpoints.restore_best(net)
    return progress


@dataclass(eq=False)
class _Loop:
    """The epochs of a training."""

    net: keras.Model
    recipe: Recipe
    training: Side
    validation: Side | None
    miner: Miner
    callbacks: keras.callbacks.CallbackList
    judged: bool

    def run(self, first: int) -> None:
        """Train from an epoch (from 0) to the last, or until a callback stops it."""
        self.net.stop_training = False
        self.step = Step(self.net, self.recipe.siamese)
        self.callbacks.on_train_begin()
        for epoch in range(first, self.recipe.train.epochs):
            self.callbacks.on_epoch_begin(epoch)
            logs = {"loss": self._learn(epoch)}
            if self.validation is not None:
                logs |= self._judge(self.validation)
            p = learned_p(self.net)
            if p is not None:
                logs["p"] = float(np.mean(ops.convert_to_numpy(p)))
            self.callbacks.on_epoch_end(epoch, logs)
            if self.net.stop_training:
                break
        self.callbacks.on_train_end()

    def _learn(self, epoch: int) -> float:
        """Take the steps of an epoch; gives the mean loss of its tuples."""
        tuples = self.miner.mine(self.training, epoch).tuples
        bar = None
        if self.miner.options.bar:
            bar = keras.utils.Progbar(len(tuples), unit_name="tuple", stateful_metrics=["loss"])
        losses: list[float] = []
        with contextlib.closing(self._pictures(tuples.rows)) as pictures:
            for number, batch in enumerate(pictures):
                self.callbacks.on_train_batch_begin(number)
                found = self.step(batch)
                losses.extend(found.tolist())
                self.callbacks.on_train_batch_end(number, {"loss": float(found.mean())})
                if bar is not None:
                    bar.update(len(losses), [("loss", float(np.mean(losses)))])
        return float(np.mean(losses))

    def _pictures(
        self, rows: NDArray[np.int64]
    ) -> Generator[list[list[NDArray[np.uint8]]], None, None]:
        """Read tuples ahead, and give those of each step."""
        from aehash.generators.ahead import prefetch
        from aehash.generators.sizes import Longest

        dataset, data = self.miner.dataset, self.recipe.data
        size = Longest(int(data.image_size or 0))
        stream = prefetch(
            lambda row: dataset.read(row, size, data.channels),
            rows.ravel().tolist(),
            self.miner.options.workers,
        )
        with contextlib.closing(stream):
            for start in range(0, len(rows), self.recipe.train.batch_size):
                count = len(rows[start : start + self.recipe.train.batch_size])
                yield [list(itertools.islice(stream, rows.shape[1])) for _ in range(count)]

    def _judge(self, side: Side) -> dict[str, float]:
        """Give the mean loss of the tuples held out, whose matches are the same in every epoch.

        There is none where too many of them turn out to be unreadable in the first epoch.
        """
        try:
            mined = self.miner.mine(side, 0)
        except UsageError:
            if self.judged or self.miner.options.strict:
                raise
            self.validation = None
            if self.miner.options.say is not None:
                self.miner.options.say(f"note   {NOT_JUDGED}")
            return {}
        self.judged = True
        return {"val_loss": mean_loss(self.step, mined)}


def mean_loss(step: Step, mined: Mined) -> float:
    """Give the mean loss of tuples as they were seen when they were mined.

    Args:
        step: With the loss.
        mined: One tuple or more.

    Returns:
        The mean.
    """
    starts = range(0, len(mined.tuples), _AT_ONCE)
    parts = [step.losses(mined.descriptors(slice(at, at + _AT_ONCE))) for at in starts]
    return float(np.mean(np.concatenate(parts)))
