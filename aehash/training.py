"""Training: recipe × data → snapshot, in checkpoints that a killed run continues from."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from aehash import agreeing, autoencoding, heads, kept_features, models
from aehash.checkpoint import Checkpoints, Progress
from aehash.epochs import Say
from aehash.errors import UsageError
from aehash.files import write_json
from aehash.finishing import write_snapshot
from aehash.recipe import AugmentRecipe, Recipe
from aehash.siamese import loop as siamese
from aehash.siamese.metric_losses import tuple_loss
from aehash.siamese.picture import TUPLES, draw_tuples
from aehash.siamese.sides import training_side
from aehash.snapshot import RECIPE, SPLIT, Snapshot
from aehash.training_options import TrainingOptions
from aehash.view_plan import ViewRecipe, fitting
from aehash.whitening.snapshots import check_whitening

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

#: Side in pixels for data whose images have no common size, where the recipe names none.
DEFAULT_IMAGE_SIZE = 64
#: The longest side in pixels for a net that only describes, as in dang2023 and its field.
DEFAULT_LONGEST = 362


def resolve(recipe: Recipe, dataset: "Dataset") -> Recipe:
    """Fill in what a recipe leaves to the data: image size and channels.

    Args:
        recipe: As asked for.
        dataset: What it is trained on.

    Returns:
        A recipe that names both.
    """
    own = DEFAULT_LONGEST if recipe.describes else dataset.image_size or DEFAULT_IMAGE_SIZE
    size = recipe.data.image_size or own
    channels = recipe.data.channels or dataset.channels
    data = replace(recipe.data, image_size=size, channels=channels)
    epochs = recipe.agree.enough(recipe.train.epochs, len(dataset.training_rows()))
    train = replace(recipe.train, epochs=epochs)
    return _with_views(replace(recipe, data=data, train=train), dataset)


def _with_views(recipe: Recipe, dataset: "Dataset") -> Recipe:
    """Fill in the views that fit the data, where codes are to agree and nothing else is asked."""
    if recipe.agree.kind == "off" or recipe.agree.views == "own":
        return recipe
    agree = replace(recipe.agree, views="own")
    if recipe.views != ViewRecipe():
        return replace(recipe, agree=agree)
    channels = int(recipe.data.channels or dataset.channels)
    return replace(recipe, agree=agree, views=fitting(dataset.name, channels))


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
    options: TrainingOptions,
) -> Snapshot:
    """Train, or continue to train, and write the snapshot.

    Args:
        recipe: The run's resolved recipe, as written by :func:`start`.
        dataset: The images.
        run: The run's folder; a checkpoint in it is continued from.
        options: How the training is carried out.

    Returns:
        The finished snapshot.

    Raises:
        UsageError: The data has no images to train on.
        AehashError: The loss became NaN, or a file could not be written.
    """
    precision = keras.config.dtype_policy().name
    keras.config.set_dtype_policy(recipe.train.precision)
    try:
        keras.utils.set_random_seed(recipe.train.seed)
        model = build(recipe)
        _say_padding(model, options.say)
        progress = Progress()
        if recipe.train.epochs:
            progress = _way(recipe)(model, recipe, dataset, run, options)
            if models.describes(model):
                draw_tuples(run / TUPLES, model, recipe, dataset, progress, options.workers)
        write_snapshot(run, recipe, model, progress, dataset, options)
    finally:
        keras.config.set_dtype_policy(precision)
    Checkpoints(run).clear()
    kept_features.clear(run)
    return Snapshot.load(run)


def _way(recipe: Recipe) -> Callable[..., Progress]:
    """Choose how a recipe's net learns."""
    if recipe.describes:
        return siamese.fit
    if recipe.head.frozen:
        return heads.fit
    return autoencoding.fit if recipe.agree.kind == "off" else agreeing.fit


def _say_padding(autoencoder: keras.Model, say: Say | None) -> None:
    inside, given = models.padded_size(autoencoder), autoencoder.input_shape[1]
    if say is not None and inside is not None:
        say(
            f"note   {given} pixels cannot be halved as often as {autoencoder.name} does it, so it "
            f"works at {inside}: the rest is zeros around the image, cut off again at the end"
        )


def check(recipe: Recipe, dataset: "Dataset") -> None:
    """Refuse what cannot be trained, before a run's folder is made for it.

    Args:
        recipe: Resolved.
        dataset: What it is to be trained on.

    Raises:
        UsageError: The model's options are wrong, or the data is not what it learns from.
    """
    dataset.training_rows()
    model = build(recipe)
    if models.describes(model) and recipe.train.epochs:
        tuple_loss(recipe.siamese.loss, recipe.siamese.margin)
        training_side(dataset, recipe)
    if recipe.head.frozen:
        heads.check(recipe, model, dataset)
    if recipe.agree.kind != "off":
        agreeing.check(recipe, model, dataset)
    check_whitening(recipe, model, dataset)


def build(recipe: Recipe) -> keras.Model:
    """Build the net a resolved recipe describes.

    Args:
        recipe: With image size and channels.

    Returns:
        The model, not compiled.

    Raises:
        UsageError: An option is wrong, or the recipe asks of a net that only describes what it
            has not.
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
        _check_describing(recipe)
    return model


def _check_describing(recipe: Recipe) -> None:
    name = recipe.model.name
    if recipe.model.bits is not None:
        raise UsageError(
            f"model.bits is {recipe.model.bits}, and {name} learns descriptors, not bits: set "
            "model.bits=null. Codes come after it, by the signs of whitened descriptors (--set "
            "describe.whitening=pca) or by `aehash codebook binarise`."
        )
    if recipe.augment != AugmentRecipe():
        raise UsageError(
            f"{name} learns from pairs of images as they are, so nothing of `augment` is done; "
            "leave it out."
        )
    if recipe.train.precision == "mixed_float16" and recipe.train.epochs:
        raise UsageError(
            f"{name} is not trained in mixed_float16, whose gradients would need scaling: set "
            "train.precision=float32 or mixed_bfloat16."
        )
