"""What a training is about to do, in a few lines."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from aehash.recipe import Recipe
from aehash.view_plan import ViewRecipe
from aehash.workflow.common import Say

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset


def announce(recipe: Recipe, dataset: "Dataset", run: Path, say: Say) -> None:
    """Say what is trained, on what, how and where.

    Args:
        recipe: Resolved.
        dataset: The images.
        run: The run's folder.
        say: Takes each line.
    """
    data, model, train = recipe.data, recipe.model, recipe.train
    counts = f"{len(dataset.training_rows()):,} to train on, {len(dataset.rows('val')):,} held out"
    size = f"{data.image_size}×{data.image_size}×{data.channels}"
    if recipe.describes:
        size = f"longest side {data.image_size}, {'grey' if data.channels == 1 else 'RGB'}"
    options = ", ".join(f"{name} {value}" for name, value in model.options.items())
    width = "no bits" if model.bits is None else f"{model.bits} bits"
    if recipe.describes:
        width = "a descriptor"
    say(f"data   {data.name}: {counts}, {size}")
    say(f"model  {model.name}, {width}" + (f", {options}" if options else ""))
    if not train.epochs:
        say(f"train  nothing: 0 epochs, seed {train.seed}")
    elif recipe.describes:
        _announce_tuples(recipe, dataset, say)
    elif recipe.agree.kind != "off":
        _announce_agreement(recipe, say)
    else:
        say(
            f"train  {train.epochs} epochs, batch {train.batch_size}, {_optimiser(recipe)}, loss "
            f"{recipe.loss.reconstruction} + balance per {recipe.loss.balance}, seed {train.seed}"
            f"{_schedule(recipe)}"
        )
    say(f"run    {run}")


def _announce_agreement(recipe: Recipe, say: Say) -> None:
    train, agree = recipe.train, recipe.agree
    first, *others = agree.stages(train.epochs)
    if first:
        say(f"views  {first} epochs: two views of each image agree, {_changes(recipe.views)}")
    if others:
        most = "at most " if agree.growth else ""
        graphs = "1 graph" if len(others) == 1 else f"{len(others)} graphs"
        say(
            f"walks  {train.epochs - first} epochs, {graphs}: each image agrees with the end of a "
            f"walk of {most}{agree.steps} steps between mutual neighbours ({agree.neighbours} at "
            "most)"
        )
    judged = "agreement" + (f" + {recipe.loss.reconstruction}" * (not recipe.head.frozen))
    extra = "" if recipe.loss.balance == "off" else f" + balance per {recipe.loss.balance}"
    if recipe.head.frozen:
        say(
            "frozen the encoder: a head learns from what it says of images and of their views, "
            f"{_changes(recipe.views)}; then {recipe.head.drawing} epochs of the decoder"
        )
    say(
        f"train  batch {train.batch_size}, {_optimiser(recipe)}, loss {judged}{extra}, seed "
        f"{train.seed}{_schedule(recipe)}"
    )


def _changes(views: ViewRecipe) -> str:
    """Name what views change; the recipe has the amounts."""
    own, plain = asdict(views), asdict(ViewRecipe())
    changed = [name for name, value in own.items() if value != plain[name]]
    return "changed in " + ", ".join(changed) if changed else "which are the image itself"


def _announce_tuples(recipe: Recipe, dataset: "Dataset", say: Say) -> None:
    from aehash.siamese.metric_losses import MARGINS
    from aehash.siamese.sides import training_side

    train, asked, side = recipe.train, recipe.siamese, training_side(dataset, recipe)
    margin = MARGINS[asked.loss] if asked.margin is None else asked.margin
    by = f"{side.found:,} clusters"
    if side.pairs is not None:
        by = f"{len(side.pairs):,} pairs of {by}"
    matches = f", {asked.positives} matches" if side.pairs is None else ""
    say(
        f"tuples {by}: {side.count():,} an epoch, each a query, a match and {asked.negatives} "
        f"negatives, the hardest of a pool of {min(asked.pool, len(side.rows)):,}{matches}"
    )
    decay = f", weight decay {asked.weight_decay:g}" if asked.weight_decay else ""
    say(
        f"train  {train.epochs} epochs, {train.batch_size} tuples a step, {_optimiser(recipe)} "
        f"(GeM's p {asked.p_rate:g} times that){decay}, {asked.loss} loss with margin {margin:g}, "
        f"seed {train.seed}{_schedule(recipe)}"
    )


def _optimiser(recipe: Recipe) -> str:
    return f"{recipe.train.optimizer} {recipe.train.learning_rate:g}"


def _schedule(recipe: Recipe) -> str:
    train = recipe.train
    parts = [", cosine schedule"] if train.schedule == "cosine" else []
    if train.warmup:
        parts.append(f", {train.warmup} steps of warm-up")
    if train.clip_norm is not None:
        parts.append(f", gradients clipped at {train.clip_norm:g}")
    return "".join(parts)
