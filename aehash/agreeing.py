"""Training of codes that agree: of two views of an image first, then of neighbours on a graph.

The first stage learns that views of an image are alike (CIBHash, Qiu et al. 2021), beside the
reconstruction. Its features join mutual nearest neighbours into a graph, and in the next stage an
image agrees with where a random walk from it ends; what that learns may make another graph, and so
on. The weights that are kept are the last ones: the losses of the stages mean different things, and
a lower one is not always better.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from aehash import losses, models
from aehash.autoencoding import sentences
from aehash.bit_thresholds import even_shifts, least_share
from aehash.checkpoint import Checkpoints, Progress
from aehash.epochs import Epochs
from aehash.errors import UsageError
from aehash.files import atomic_file
from aehash.models.blocks import HASH
from aehash.models.feature_input import feature_input
from aehash.models.pairs import pair_model
from aehash.neighbour_graph import NeighbourGraph, parts
from aehash.optimisers import optimiser
from aehash.recipe import AugmentRecipe, Recipe
from aehash.training_options import TrainingOptions
from aehash.view_plan import ViewRecipe, draw
from aehash.view_plan import parts as changed
from aehash.walk_length import walk_length

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset
    from aehash.generators.source import BatchSource

_LOOK = 512
_COMPILED = 1000
"""Steps from which on a stage pays for its compilation by XLA, some ten seconds."""
_BAR = 20
"""Steps of an epoch from which on a bar shows more than a line."""
JUDGED = 65_536
"""Images that thresholds are moved for; of more, as many are chosen."""
_LOOKING = 7
"""Seed that views for the graph are drawn with, beside the run's."""


def fit(
    model: keras.Model,
    recipe: Recipe,
    dataset: "Dataset",
    run: Path,
    options: TrainingOptions,
) -> Progress:
    """Train from the run's checkpoint on, and leave the autoencoder with its last weights.

    Args:
        model: The autoencoder, with bits; its weights are trained.
        recipe: Resolved.
        dataset: The images.
        run: The run's folder, where checkpoints and the graph are kept.
        options: How the training is carried out.

    Returns:
        How far it came.

    Raises:
        AehashError: The loss became NaN, or a file could not be written.
    """
    return through(Training(model, recipe, dataset, run, options))


def through(training: "Training") -> Progress:
    """Take a training through its stages, from the run's checkpoint on."""
    ends = training.recipe.agree.stages(training.recipe.train.epochs)
    progress = training.stage(0, ends[0], None) if ends[0] else Progress()
    for number, (start, end) in enumerate(pairwise(ends), 1):
        if progress.epoch <= end:
            progress = training.stage(start, end, training.graph(number))
    training.even_out()
    return progress


def check(recipe: Recipe, model: keras.Model, dataset: "Dataset") -> None:
    """Refuse what no agreement can be taught to.

    Args:
        recipe: Resolved.
        model: The autoencoder.
        dataset: The images.

    Raises:
        UsageError: The data has too few images to train on, or the model has no bits.
    """
    count, asked = len(dataset.training_rows()), recipe.agree.neighbours
    if count <= asked:
        raise UsageError(
            f"{dataset.name} has {count} images to train on, and each is to have {asked} "
            "neighbours: set agree.neighbours to less, or add images."
        )
    if not (recipe.agree.share or recipe.head.frozen):
        raise UsageError(
            "agree.share is 0, and before any training the features of a net are no ground for a "
            "graph: set it above 0, such as 0.4, or freeze a pretrained encoder with "
            "head.frozen=true."
        )
    pair_model(model, (), drawn=False)
    if recipe.augment != AugmentRecipe():
        raise UsageError(
            "augment is of autoencoders that only reconstruct: say under views what may change, "
            "such as views.rotate=15."
        )


@dataclass(frozen=True, eq=False)
class Training:
    """What the stages share, and how they are trained.

    Attributes:
        model: The autoencoder, with bits.
        recipe: Resolved.
        dataset: The images.
        run: The run's folder.
        options: How the training is carried out.
    """

    model: keras.Model
    recipe: Recipe
    dataset: "Dataset"
    run: Path
    options: TrainingOptions

    @property
    def last(self) -> int:
        """Epochs of the whole training."""
        return self.recipe.train.epochs

    def stage(self, start: int, end: int, graph: NeighbourGraph | None) -> Progress:
        """Train the epochs of a stage that are left; with a graph, that of the neighbours."""
        progress = Checkpoints(self.run).progress()
        if progress.epoch > end:
            return progress
        source = self.pairs(graph)
        trainer = self.compiled((end - start) * len(source), graph is not None)
        return self.epochs(trainer, source, start, end)

    def epochs(self, trainer: keras.Model, source: Any, start: int, end: int) -> Progress:
        """Train from the checkpoint on, or from the stage's start.

        Args:
            trainer: Compiled.
            source: Gives its batches; with ``epoch``, ``skipped`` and ``epoch_callback``.
            start: The epoch that the stage begins with.
            end: The epoch before which it ends.

        Returns:
            How far it came.
        """
        checkpoints = Checkpoints(self.run)
        progress = checkpoints.progress()
        if progress.epoch > start:
            progress = checkpoints.restore(trainer)
        if progress.epoch == end:
            return progress
        source.epoch = progress.epoch
        bar = self.options.bar and len(source) >= _BAR
        said = None if bar else self.options.say
        train = replace(self.recipe.train, epochs=self.last)
        loop = Epochs(
            progress,
            checkpoints,
            train,
            lambda: source.skipped,
            said,
            keep="last",
            every=self.options.every,
            end=end,
        )
        with sentences():
            trainer.fit(
                source,
                initial_epoch=progress.epoch,
                epochs=end,
                callbacks=[source.epoch_callback(), loop, *self.options.callbacks],
                shuffle=False,  # the source does it, from the seed and the epoch
                verbose=1 if bar else 0,
            )
        return progress

    def graph(self, number: int) -> NeighbourGraph:
        """Read a graph (from 1), or make it of the features learned so far."""
        path = self.run / f"graph-{number}.npz"
        if path.is_file():
            with np.load(path, allow_pickle=False) as file:
                return NeighbourGraph(file["offsets"], file["neighbours"])
        agree = self.recipe.agree
        found = NeighbourGraph.from_features(
            self.features(number), agree.neighbours, shared=agree.shared
        )
        with atomic_file(path) as aside:
            np.savez(aside, offsets=found.offsets, neighbours=found.neighbours)
        if self.options.say is not None:
            sizes = parts(found)
            self.options.say(
                f"graph  {number}: {found.degrees.mean():.1f} mutual neighbours an image, "
                f"{int((found.degrees == 0).sum()):,} images without; {len(sizes):,} parts, the "
                f"largest of {sizes[0]:,} images"
            )
        return found

    def steps(self, graph: NeighbourGraph) -> int:
        """Decide how long the walks on a graph are."""
        agree = self.recipe.agree
        if not agree.growth:
            return agree.steps
        steps = walk_length(graph, agree.steps, agree.growth, self.recipe.train.seed)
        if self.options.say is not None:
            self.options.say(
                f"walks  of {steps} steps: as long as they gain, {agree.steps} at most"
            )
        return steps

    def pairs(self, graph: NeighbourGraph | None) -> Any:
        """Give a stage's batches."""
        from aehash.generators.pairs import PairSource

        images = self.images(self.recipe.train.batch_size, shuffle=True)
        targets = self.losses(graph is not None)
        return PairSource(images, self.recipe.views, targets=targets, **self.drawing(graph))

    def drawing(self, graph: NeighbourGraph | None) -> dict[str, Any]:
        """Say how pairs are drawn, in a source's arguments."""
        agree, seed = self.recipe.agree, self.recipe.train.seed
        bits = int(self.recipe.model.bits or 0) if self.drawn(graph is not None) else 0
        options: dict[str, Any] = {"bits": bits, "seed": seed}
        if graph is not None:
            steps = self.steps(graph)
            options["partners"] = lambda epoch: graph.positives(steps, seed, epoch)
            if agree.apart:
                options["joined"] = graph.joined
        return options

    def images(self, batch_size: int, *, shuffle: bool = False) -> "BatchSource":
        """Give the training images."""
        from aehash.registry import batches

        return batches(
            self.dataset,
            self.dataset.training_rows(),
            image_size=self.recipe.data.image_size,
            channels=self.recipe.data.channels,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=self.recipe.train.seed,
            targets=None,
            workers=self.options.workers,
            strict=self.options.strict,
        )

    def trainer(self, drawn: bool) -> keras.Model:
        """Wrap the autoencoder for a stage."""
        return pair_model(self.model, changed(self.recipe.views), drawn=drawn)

    def losses(self, neighbours: bool) -> dict[str, tuple[keras.losses.Loss, float]]:
        """Give a stage's losses and their weights, by what they judge."""
        agree, loss = self.recipe.agree, self.recipe.loss
        kind = losses.NeighbourAgreement if neighbours and agree.apart else losses.Agreement
        per = "code" if loss.balance == "off" else loss.balance
        temperature = agree.walk_temperature if neighbours else agree.temperature
        return {
            "codes": (kind(temperature), agree.weight),
            "hash": (losses.BitBalance(per), 0.0 if loss.balance == "off" else loss.alpha),
            "reconstruction": (losses.Reconstruction(loss.reconstruction), loss.beta),
        }

    def compiled(self, steps: int, neighbours: bool) -> keras.Model:
        """Wrap the autoencoder for a stage, with an optimiser of its own."""
        trainer, judged = self.trainer(self.drawn(neighbours)), self.losses(neighbours)
        trainer.compile(
            optimizer=optimiser(self.recipe.train, steps),
            loss={name: loss for name, (loss, _) in judged.items()},
            loss_weights={name: weight for name, (_, weight) in judged.items()},
            jit_compile="auto" if steps >= _COMPILED else False,
        )
        return trainer

    def drawn(self, neighbours: bool) -> bool:
        """Say whether a stage draws bits."""
        drawn = self.recipe.agree.drawn
        return drawn == "always" or (drawn == "walks" and neighbours)

    def even_out(self) -> None:
        """Move the thresholds of bits that are nearly constant."""
        least = self.recipe.agree.entropy
        if not least:
            return
        layer = self.model.get_layer(HASH)
        kernel, bias = layer.get_weights()
        shifts = even_shifts(self.taken() @ kernel + bias, least)
        layer.set_weights([kernel, bias + shifts])
        if self.options.say is not None and shifts.any():
            self.options.say(
                f"even   {np.count_nonzero(shifts)} of {len(shifts)} bits: their thresholds moved, "
                f"so that each is 1, or 0, for {least_share(least):.0%} of the images at least"
            )

    def taken(self) -> NDArray[np.float32]:
        """Give what the hash layer takes of the training images, or of some, evenly chosen."""
        images, net = self.images(_LOOK), models.encoder(self.model, feature_input(self.model))
        blocks = range(0, len(images), -(-len(images) * _LOOK // JUDGED))
        batches = (images.load(images.positions(index)) for index in blocks)
        return np.concatenate([np.asarray(net.predict_on_batch(batch)) for batch in batches])

    def features(self, number: int) -> NDArray[np.float32]:
        """Give the training images' features of length 1: of each as it is, or views' mean."""
        images = self.images(_LOOK)
        layer = feature_input(self.model) if self.recipe.agree.layer == "before" else None
        net, views = models.encoder(self.model, layer), self.recipe.views
        looks, names = self.recipe.agree.looks, changed(self.recipe.views)
        if looks and names:
            net = viewing(net, views, images.channels)
        found = np.zeros((len(images.rows), net.output_shape[-1]), np.float32)
        for index in range(len(images)):
            here = images.positions(index)
            batch = images.load(here)
            for look in range(max(1, looks if names else 1)):
                inputs: Any = batch
                if looks and names:
                    rng = np.random.default_rng([self.recipe.train.seed, _LOOKING, look, index])
                    inputs = [batch, draw(views, len(batch), images.channels, rng)]
                found[here] += unit(np.asarray(net.predict_on_batch(inputs), np.float32))
        return unit(found)


def viewing(net: keras.Model, views: ViewRecipe, channels: int) -> keras.Model:
    """Put a view before a net: (images, numbers) → features."""
    from aehash.models.views import View
    from aehash.view_plan import width

    names = changed(views)
    image = keras.Input(net.input_shape[1:])
    numbers = keras.Input((width(names, channels),))
    return keras.Model([image, numbers], net(View(names)([image, numbers])))


def unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length 1."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit: NDArray[np.float32] = features / np.maximum(lengths, 1e-12)
    return unit
