"""The frozen description of a run: what is trained, on what, how.

A recipe is JSON both ways. Its digest names it: two runs with one digest were asked for the
same thing. An unknown field is an error that names the nearest known one, so a misspelt
override never passes silently.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aehash.recipe_agree import AgreeRecipe
from aehash.recipe_describe import DESCRIBERS, DescribeRecipe, SiameseRecipe
from aehash.recipe_fields import at_least, check, from_mapping, one_of, parse, positive, put
from aehash.recipe_head import HeadRecipe
from aehash.view_plan import ViewRecipe

MIN_BITS, MAX_BITS = 8, 1024

#: Fields that came later. At their defaults they are no part of the digest, so that older recipes
#: keep theirs; so are parts that came later.
_LATER = {"train": ("schedule", "warmup", "clip_norm"), "data": ("group_column",)}
_LATER_PARTS = ("siamese", "describe", "agree", "views", "head")


@dataclass(frozen=True)
class DataRecipe:
    """The images a run is trained on.

    Attributes:
        name: A catalogue name, or the path of a folder, CSV/TSV list, .npz or .h5 file.
        image_size: Side in pixels the images are scaled to; None keeps the data set's own. Of a
            net that only describes (``gem2023``), the longest side in training; None is 362.
        channels: 1 (grey) or 3 (RGB); None keeps the data set's own.
        seed: Seed of the 80/10/10 split, where the data set has no official one.
        group_column: The column of a CSV/TSV list whose groups, such as patients, stay whole on
            one side of the split; None keeps no groups.
    """

    name: str = "digits"
    image_size: int | None = None
    channels: int | None = None
    seed: int = 0
    group_column: str | None = None

    def __post_init__(self) -> None:
        at_least("data.image_size", self.image_size, 4)
        check(
            self.group_column is None or bool(self.group_column.strip()),
            "data.group_column is empty; name a column of the list, or none.",
        )
        check(
            self.channels in (None, 1, 3),
            f"data.channels is {self.channels}; it must be 1 (grey) or 3 (RGB).",
        )
        at_least("data.seed", self.seed, 0)


@dataclass(frozen=True)
class ModelRecipe:
    """The net.

    Attributes:
        name: A builder of :data:`aehash.models.BUILDERS`.
        bits: Width of the tanh hash layer, 8 to 1024; None leaves the builder's own
            real-valued feature layer in its place, where it has one.
        options: The builder's further keyword arguments, such as ``encoder`` or ``filters``.
        weights: None for random weights, ``imagenet``, or the path of an encoder's .h5 file.
    """

    name: str = "akbacak2023"
    bits: int | None = 64
    options: dict[str, Any] = field(default_factory=dict)
    weights: str | None = None

    def __post_init__(self) -> None:
        if self.bits is not None:
            check(
                MIN_BITS <= self.bits <= MAX_BITS,
                f"model.bits is {self.bits}; it must be from {MIN_BITS} to {MAX_BITS}.",
            )


@dataclass(frozen=True)
class LossRecipe:
    """What is minimised: ``alpha`` · balance + ``beta`` · reconstruction.

    Attributes:
        reconstruction: ``mse`` (the papers' text) or ``bce`` (akbacak2023's published code).
        balance: ``code`` pulls the mean of each code's outputs to zero (what the paper says its
            loss is for), ``bit`` the mean of each bit over the batch, ``off`` neither.
        alpha: Weight of the balance, 0 or more.
        beta: Weight of the reconstruction, 0 or more.
    """

    reconstruction: str = "mse"
    balance: str = "code"
    alpha: float = 1.0
    beta: float = 1.0

    def __post_init__(self) -> None:
        one_of("loss.reconstruction", self.reconstruction, ("mse", "bce"))
        one_of("loss.balance", self.balance, ("code", "bit", "off"))
        at_least("loss.alpha", self.alpha, 0)
        at_least("loss.beta", self.beta, 0)


@dataclass(frozen=True)
class AugmentRecipe:
    """Seeded changes to the training images; all off by default.

    Attributes:
        flip: Mirror left–right, half of the time.
        shift: Largest shift along each axis, as a share of the side, 0 to 0.5.
        rotate: Largest rotation in degrees, 0 to 180.
        noise: Standard deviation of Gaussian noise as a share of the full range, 0 to 1, on the
            input only, so that the net learns to remove it.
    """

    flip: bool = False
    shift: float = 0.0
    rotate: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        check(0 <= self.shift <= 0.5, f"augment.shift is {self.shift}; from 0 to 0.5.")
        check(0 <= self.rotate <= 180, f"augment.rotate is {self.rotate}; from 0 to 180 degrees.")
        check(0 <= self.noise <= 1, f"augment.noise is {self.noise}; from 0 to 1.")


@dataclass(frozen=True)
class TrainRecipe:
    """How it is trained.

    Attributes:
        epochs: Passes over the training images; 0 trains nothing, and the snapshot holds the
            weights that were there at the start, such as a pretrained encoder's.
        batch_size: Images in a step; the short last batch is kept.
        optimizer: ``adam`` or ``sgd``.
        learning_rate: At the first step.
        decay: Inverse-time decay per step: lr / (1 + decay · step).
        momentum: Of SGD.
        schedule: ``inverse_time`` (constant where decay is 0), or ``cosine``, which falls to 0 at
            the last step.
        warmup: Steps over which the learning rate rises from near 0 before the schedule starts.
        clip_norm: Where the norm of all gradients together is larger, they are scaled down to it;
            None never.
        patience: Stop after so many epochs without a lower validation loss; 0 never stops early.
        precision: ``float32``, ``mixed_float16`` or ``mixed_bfloat16``.
        seed: Of the initial weights, the order of the images and their augmentation.
    """

    epochs: int = 20
    batch_size: int = 32
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    decay: float = 0.0
    momentum: float = 0.0
    patience: int = 0
    precision: str = "float32"
    seed: int = 0
    schedule: str = "inverse_time"
    warmup: int = 0
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        at_least("train.epochs", self.epochs, 0)
        at_least("train.batch_size", self.batch_size, 1)
        one_of("train.optimizer", self.optimizer, ("adam", "sgd"))
        positive("train.learning_rate", self.learning_rate)
        at_least("train.decay", self.decay, 0)
        check(0 <= self.momentum < 1, f"train.momentum is {self.momentum}; from 0 to below 1.")
        at_least("train.patience", self.patience, 0)
        one_of("train.precision", self.precision, ("float32", "mixed_float16", "mixed_bfloat16"))
        one_of("train.schedule", self.schedule, ("inverse_time", "cosine"))
        check(
            self.schedule == "inverse_time" or not self.decay,
            f"train.decay is {self.decay}, which the {self.schedule} schedule does not use; set it "
            "to 0, or take train.schedule=inverse_time.",
        )
        at_least("train.warmup", self.warmup, 0)
        positive("train.clip_norm", self.clip_norm)
        check(0 <= self.seed < 2**32, f"train.seed is {self.seed}; it must be from 0 to 2**32 - 1.")


@dataclass(frozen=True)
class Recipe:
    """A whole run. The defaults are the default experiment's."""

    name: str = "default"
    data: DataRecipe = field(default_factory=DataRecipe)
    model: ModelRecipe = field(default_factory=ModelRecipe)
    loss: LossRecipe = field(default_factory=LossRecipe)
    augment: AugmentRecipe = field(default_factory=AugmentRecipe)
    train: TrainRecipe = field(default_factory=TrainRecipe)
    siamese: SiameseRecipe = field(default_factory=SiameseRecipe)
    describe: DescribeRecipe = field(default_factory=DescribeRecipe)
    agree: AgreeRecipe = field(default_factory=AgreeRecipe)
    views: ViewRecipe = field(default_factory=ViewRecipe)
    head: HeadRecipe = field(default_factory=HeadRecipe)

    @property
    def describes(self) -> bool:
        """Whether the net only describes images, of any size, and draws none."""
        return self.model.name in DESCRIBERS

    def to_dict(self) -> dict[str, Any]:
        """Give the recipe as plain values, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Recipe":
        """Read a recipe back from plain values.

        Args:
            values: What :meth:`to_dict` gave; a missing field takes its default.

        Returns:
            The recipe.

        Raises:
            UsageError: A field is unknown, or a value is of the wrong type or out of range.
        """
        return from_mapping(cls, values, "")

    def digest(self) -> str:
        """Give the sha256 of the canonical JSON: 64 hexadecimal digits."""
        values, plain = self.to_dict(), Recipe().to_dict()
        for part, names in _LATER.items():
            for name in names:
                if values[part][name] == plain[part][name]:
                    del values[part][name]
        for part in _LATER_PARTS:
            if values[part] == plain[part]:
                del values[part]
        text = json.dumps(values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def override(self, settings: Iterable[str]) -> "Recipe":
        """Change fields by ``path=value`` strings, as ``--set`` takes them.

        Args:
            settings: Such as ``train.epochs=5`` or ``model.options.encoder=resnet50``; the value
                is read as JSON where it is JSON, else as text.

        Returns:
            A new recipe.

        Raises:
            UsageError: A setting is not of that form, or names what does not exist.
        """
        values = self.to_dict()
        for setting in settings:
            path, sign, text = setting.partition("=")
            check(bool(sign) and bool(path), f"{setting!r} is not of the form train.epochs=5.")
            put(values, path.strip().split("."), parse(text.strip()), path)
        return Recipe.from_dict(values)
