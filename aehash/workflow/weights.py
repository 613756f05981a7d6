"""Make a finished run of weights that were trained elsewhere."""

import datetime
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aehash.errors import AehashError, UsageError
from aehash.files import atomic_file, atomic_folder, sha256_file, write_json
from aehash.recipe import DataRecipe, ModelRecipe, Recipe, TrainRecipe
from aehash.recipe_describe import DescribeRecipe
from aehash.released import Released, read_released
from aehash.snapshot import MODEL, RECIPE, RUN, WHITENING, Snapshot, versions, weights_digest
from aehash.whitening import Whitening
from aehash.workflow.common import Say, silent

if TYPE_CHECKING:
    import keras

#: What a recipe names in place of the data that a run was trained on elsewhere.
ELSEWHERE = "none"
_NAME = "gem2023"


@dataclass(frozen=True)
class Converted:
    """A run made of a released checkpoint.

    Attributes:
        snapshot: The run.
        unknown: Names of tensors in the file that the net has no place for.
    """

    snapshot: Snapshot
    unknown: list[str]


def read_weights(
    path: Path, architecture: str | None = None, pooling: str | None = None
) -> Released:
    """Read a file of PyTorch's and find out which net it is of.

    Args:
        path: A checkpoint of the GeM authors' code, or a state dict of torchvision's.
        architecture: Of a bare state dict, which does not say.
        pooling: Of a bare state dict; by default ``gem``.

    Returns:
        The net; nothing of Keras is started yet.

    Raises:
        UsageError: There is no such file, its net must be told, or there is no such net.
        AehashError: It cannot be read, or has what cannot be converted.
    """
    from aehash.torch_file import read_torch

    content = read_torch(path)
    try:
        return read_released(content, architecture, pooling)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    except AehashError as error:
        raise AehashError(f"{path}: {error}") from None


def convert_weights(
    path: Path,
    released: Released,
    out: Path,
    *,
    whitening: str | None = None,
    dimensions: int | None = None,
    scale: str = "ms",
    longest: int = 1024,
    say: Say = silent,
) -> Converted:
    """Write a net that was read as a finished run, which every command takes.

    Args:
        path: Where it was read, for the run's provenance.
        released: What was read there.
        out: The run's folder, made here.
        whitening: The data set of the learned whitening that ends the run; None for none.
        dimensions: How many of the whitening's to keep; all by default.
        scale: ``ms``, three scales and the whitening for them, or ``ss``, one.
        longest: The longest side of the images in pixels.
        say: Takes each line for the user.

    Returns:
        The run.

    Raises:
        UsageError: The folder exists, or there is no such whitening.
        AehashError: The weights do not fit the net.
    """
    if out.exists():
        raise UsageError(f"{out} exists already; name another folder with --out.")
    if dimensions is not None and whitening is None:
        raise UsageError(f"--dimensions {dimensions} is of a whitening: name one with --whitening.")
    last = None if whitening is None else released.whitening(whitening, scale, dimensions)
    recipe = _recipe(released, last, dimensions, scale, longest)
    try:
        model, unknown = _model(recipe, released)
    except AehashError as error:
        raise type(error)(f"{path}: {error}") from None
    _told(released, unknown, last, whitening, say)
    with atomic_folder(out) as aside:
        _write(aside, recipe, model, last, _source(path, released, whitening, scale))
    return Converted(Snapshot.load(out), unknown)


def _recipe(
    released: Released,
    whitening: Whitening | None,
    dimensions: int | None,
    scale: str,
    longest: int,
) -> Recipe:
    options: dict[str, Any] = {
        "encoder": f"{released.architecture}:torch",
        "pooling": released.pooling,
    }
    if released.p is not None:
        options |= {"per_map": True} if released.p.size > 1 else {"p": released.p.item()}
    if released.dimensions is not None:
        options["dimensions"] = released.dimensions
    return Recipe(
        name=_NAME,
        data=DataRecipe(name=ELSEWHERE, channels=3),
        model=ModelRecipe(name=_NAME, bits=None, options=options),
        train=TrainRecipe(epochs=0),
        describe=DescribeRecipe(
            longest=longest,
            scales=(1.0,) if scale == "ss" else DescribeRecipe().scales,
            whitening="none" if whitening is None else "learned",
            dimensions=None if whitening is None else dimensions,
        ),
    )


def _model(recipe: Recipe, released: Released) -> tuple["keras.Model", list[str]]:
    import keras

    from aehash import models
    from aehash.models.gem2023 import POOL, WHITEN
    from aehash.models.torch_state import put, put_layer

    model = models.build(recipe.model.name, **recipe.model.options)
    backbone = next(each for each in model.layers if isinstance(each, keras.Model))
    unknown = put(backbone, released.tensors)
    if released.p is not None:
        put_layer(model.get_layer(POOL), {"pool.p": released.p}, "pool")
    if released.whiten:
        put_layer(model.get_layer(WHITEN), released.whiten, "whiten")
    return model, unknown


def _told(
    released: Released, unknown: list[str], last: Whitening | None, name: str | None, say: Say
) -> None:
    from aehash.models.torch_state import listed

    if released.dimensions is not None:
        say(f"whiten fully connected, {released.dimensions} dimensions, part of the net")
    if last is not None:
        say(f"ends   in {last.summary[0].lower()}{last.summary[1:]}")
    elif released.whitenings:
        have = ", ".join(f"{each} ({', '.join(of)})" for each, of in released.whitenings.items())
        say(f"note   the file has learned whitenings, left out without --whitening: {have}")
    if unknown:
        say(f"note   {len(unknown)} tensors that the net has no place for: {listed(unknown)}")
    if last is not None and released.whiten:
        say(f"note   the net whitens by itself; {name} whitens once more")


def _source(path: Path, released: Released, whitening: str | None, scale: str) -> dict[str, Any]:
    """Say in the run what it was made of."""
    return {
        "file": str(path.resolve()),
        "sha256": sha256_file(path),
        "architecture": released.architecture,
        "pooling": released.pooling,
        "whitening": None if whitening is None else {"data": whitening, "scale": scale},
        "epochs": released.epochs,
    }


def _write(
    run: Path,
    recipe: Recipe,
    model: "keras.Model",
    whitening: Whitening | None,
    source: dict[str, Any],
) -> None:
    import keras

    write_json(run / RECIPE, recipe.to_dict())
    with atomic_file(run / MODEL) as aside:
        model.save(aside)
    weights = weights_digest(model)
    digests = [recipe.digest(), weights]
    whitened = {}
    if whitening is not None:
        whitening.save(run / WHITENING)
        digests.append(whitening.digest)
        whitened = {"whitening": {"kind": whitening.kind, "digest": whitening.digest}}
    write_json(
        run / RUN,
        {
            "digest": hashlib.sha256("".join(digests).encode()).hexdigest(),
            "recipe_digest": recipe.digest(),
            "weights_digest": weights,
            **whitened,
            "converted": source,
            "data_digest": None,
            "source": source["file"],
            "training_images": 0,
            "validation_images": 0,
            "skipped_images": 0,
            "parameters": model.count_params(),
            "epochs": 0,
            "best_epoch": 0,
            "best_loss": None,
            "seconds": 0.0,
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "backend": keras.backend.backend(),
            "versions": versions(),
        },
    )
