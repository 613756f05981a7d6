"""Training of a head on the features of an encoder that stays as it is.

Each training image goes through the encoder once as it is and once in each of some views; what
comes out is kept in a file, and the head learns on it what :mod:`aehash.agreeing` teaches whole
nets: agreement of views, and with neighbours on graphs. The first graph is of the encoder's own
features. At the end the decoder learns to draw images from the codes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from aehash import agreeing, losses
from aehash.checkpoint import Checkpoints, Progress
from aehash.epochs import duration
from aehash.errors import UsageError
from aehash.kept_features import Kept, Place
from aehash.models.blocks import HASH
from aehash.models.feature_input import feature_input
from aehash.models.head import backbone, head, head_drawing, head_pairs
from aehash.neighbour_graph import NeighbourGraph
from aehash.optimisers import optimiser
from aehash.recipe import Recipe
from aehash.training_options import TrainingOptions
from aehash.view_plan import draw
from aehash.view_plan import parts as changed

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset
    from aehash.generators.source import BatchSource

_BLOCK = 64
"""Images that the encoder sees at once."""
_ROWS = 4096
"""Images whose features are in memory at once."""
_KEEPING = 11
"""Seed that the kept views are drawn with, beside the run's."""


def fit(
    model: keras.Model,
    recipe: Recipe,
    dataset: "Dataset",
    run: Path,
    options: TrainingOptions,
) -> Progress:
    """Keep the features, train the head from the run's checkpoint on, then the decoder.

    Args:
        model: The autoencoder, with a named encoder and bits; only the encoder stays as it is.
        recipe: Resolved.
        dataset: The images.
        run: The run's folder, where features, checkpoints and graphs are kept.
        options: How the training is carried out.

    Returns:
        How far it came.

    Raises:
        AehashError: The loss became NaN, or a file could not be written.
    """
    place = _place(model, recipe, dataset, run)
    training = _Head(model, recipe, dataset, run, options, place)
    progress = Checkpoints(run).progress()
    if progress.epoch <= recipe.train.epochs:
        progress = agreeing.through(training)
    if recipe.head.drawing:
        progress = training.draw()
    progress.skipped.update(place.skipped())
    return progress


def check(recipe: Recipe, model: keras.Model, dataset: "Dataset") -> None:
    """Refuse what no head can be trained on.

    Args:
        recipe: Resolved.
        model: The autoencoder.
        dataset: The images.

    Raises:
        UsageError: There is no named encoder, nothing that codes should agree with, or no room for
            the features.
    """
    if recipe.agree.kind == "off":
        raise UsageError(
            "head.frozen is true, and a head learns by agreement: set agree.kind=walks, or take "
            "--experiment autohash_backbone."
        )
    count, width = len(dataset.training_rows()), backbone(model).output_shape[-1]
    if recipe.head.kept(count, width) < 0:
        raise UsageError(
            f"The features of {count} images, {width} numbers of two bytes each, are "
            f"{2 * count * width / 2**30:.1f} GiB, and head.gib allows {recipe.head.gib:g}: raise "
            "it where the disk has the room."
        )


def _place(model: keras.Model, recipe: Recipe, dataset: "Dataset", run: Path) -> Place:
    count, width = len(dataset.training_rows()), backbone(model).output_shape[-1]
    views = recipe.head.kept(count, width) if changed(recipe.views) else 0
    return Place(run, (count, 1 + views, width))


@dataclass(frozen=True, eq=False)
class _Head(agreeing.Training):
    """The same stages, on kept features."""

    place: Place

    @property
    def last(self) -> int:
        """Epochs of the whole training, the decoder's too."""
        return self.recipe.train.epochs + self.recipe.head.drawing

    def pairs(self, graph: NeighbourGraph | None) -> Any:
        """Give a stage's batches."""
        from aehash.generators.feature_pairs import FeaturePairs

        size, targets = self.recipe.train.batch_size, self.losses(graph is not None)
        return FeaturePairs(self._kept(), size, targets=targets, **self.drawing(graph))

    def trainer(self, drawn: bool) -> keras.Model:
        """Wrap the head for a stage."""
        return head_pairs(self.model, drawn=drawn)

    def losses(self, neighbours: bool) -> dict[str, tuple[keras.losses.Loss, float]]:
        """Give a stage's losses and their weights; nothing is reconstructed."""
        judged = super().losses(neighbours)
        del judged["reconstruction"]
        return judged

    def features(self, number: int) -> NDArray[np.float32]:
        """Give the training images' features of length 1, the encoder's for the first graph.

        They are the mean over the image and ``agree.looks`` of its kept views; the encoder's less
        their mean over all images.
        """
        kept, looks = self._kept(), 1 + self.recipe.agree.looks
        own = number == 1 and not self.recipe.agree.stages(self.recipe.train.epochs)[0]
        before = self.recipe.agree.layer == "before"
        net = None if own else head(self.model, feature_input(self.model) if before else HASH)
        mean = np.mean(kept[:, 0], axis=0, dtype=np.float64).astype(np.float32)
        parts = []
        for start in range(0, len(kept), _ROWS):
            block = kept[start : start + _ROWS, :looks].astype(np.float32)
            flat = block.reshape(-1, block.shape[-1])
            flat = flat - mean if net is None else net.predict(flat, _ROWS, verbose=0)
            each = agreeing.unit(flat).reshape(*block.shape[:2], -1)
            parts.append(agreeing.unit(each.mean(axis=1)))
        return np.concatenate(parts)

    def taken(self) -> NDArray[np.float32]:
        """Give what the hash layer takes of the training images, or of some, evenly chosen."""
        kept = self._kept()
        chosen = kept[:: -(-len(kept) // agreeing.JUDGED), 0].astype(np.float32)
        found: NDArray[np.float32] = head(self.model, feature_input(self.model)).predict(
            chosen, _ROWS, verbose=0
        )
        return found

    def draw(self) -> Progress:
        """Train the decoder to draw images from the codes, which stay as they are."""
        from aehash.generators.feature_pairs import FeatureImages

        start, end = self.recipe.train.epochs, self.last
        source = FeatureImages(self._kept(), self.images(_BLOCK, shuffle=True))
        trainer = head_drawing(self.model)
        trainer.compile(
            optimizer=optimiser(self.recipe.train, (end - start) * len(source)),
            loss=losses.Reconstruction(self.recipe.loss.reconstruction),
            jit_compile=False,
        )
        progress = self.epochs(trainer, source, start, end)
        head(self.model).trainable = True
        return progress

    def _kept(self) -> Kept:
        """Map the features, computed first where they are not there."""
        found = self.place.open()
        if found is not None:
            return found
        images, say = self.images(_BLOCK), self.options.say or (lambda _: None)
        count, views, width = self.place.shape
        say(
            f"keep   {width:,} features of {count:,} images, each as it is and in {views - 1} "
            f"views: {2 * count * views * width / 2**20:,.0f} MiB, once"
        )
        encoder = _Encoder(self.model, self.recipe, images, views - 1)
        return self.place.compute(
            encoder.block,
            _BLOCK,
            lambda: images.skipped,
            lambda done, left: say(
                f"keep   {done:,} of {count:,} images" + (f"  {duration(left)} left" * bool(left))
            ),
        )


class _Encoder:
    """Gives the features of a block of images: of each as it is, then of its views."""

    def __init__(self, model: keras.Model, recipe: Recipe, images: "BatchSource", views: int):
        self.images = images
        self.views = views
        self.recipe = recipe
        self.plain = backbone(model)
        if views:
            self.viewed = agreeing.viewing(self.plain, recipe.views, images.channels)

    def block(self, number: int) -> NDArray[np.float32]:
        """Run a block through the encoder; a short one is padded, since Keras would compile it."""
        batch = self.images.load(self.images.positions(number))
        count = len(batch)
        if count < _BLOCK:
            batch = np.concatenate([batch, np.repeat(batch[-1:], _BLOCK - count, axis=0)])
        found = [self.plain.predict_on_batch(batch)]
        for view in range(self.views):
            rng = np.random.default_rng([self.recipe.train.seed, _KEEPING, view, number])
            numbers = draw(self.recipe.views, _BLOCK, self.images.channels, rng)
            found.append(self.viewed.predict_on_batch([batch, numbers]))
        return np.stack([np.asarray(each, np.float32)[:count] for each in found], axis=1)
