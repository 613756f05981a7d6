"""The nets of the study of unseen classes: described, judged, and kept in one folder."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError
from aehash.experiments.gem2023_classes import Sides, draw_sides, labels_of, write_sides
from aehash.experiments.gem2023_judging import judge
from aehash.experiments.gem2023_sizes import POWER, SCALES, SHRINKAGE, Size
from aehash.experiments.net_folder import JudgedNet, NetFolder, check_plan, losses, trained
from aehash.experiments.study import Order
from aehash.files import sha256_file
from aehash.recipe import DataRecipe, ModelRecipe, Recipe
from aehash.recipe_describe import DescribeRecipe

if TYPE_CHECKING:
    from aehash.codebook import Codebook

#: What fine-tuning costs, against describing all photos once.
_TRAINING = 1.0


@dataclass(frozen=True)
class System:
    """A kind of net.

    Attributes:
        name: Its folder.
        title: What a table calls it.
        options: Of the model.
        tuned: Whether it is fine-tuned, once for every seed.
        codes: Whether codes are made of its descriptors.
    """

    name: str
    title: str
    options: dict[str, Any] = field(default_factory=dict)
    tuned: bool = False
    codes: bool = False


MAC = System("mac", "MAC", {"pooling": "mac"})
SPOC = System("spoc", "SPoC", {"pooling": "spoc"})
GEM = System("gem", "GeM, p = 3", {"pooling": "gem"}, codes=True)
TUNED = System("tuned", "GeM, fine-tuned", {"pooling": "gem"}, tuned=True, codes=True)
SYSTEMS = (MAC, SPOC, GEM, TUNED)


@dataclass(frozen=True)
class Net:
    """A system; the seed is None where all seeds share the net."""

    system: System
    seed: int | None = None

    @property
    def name(self) -> str:
        """Its folder."""
        return self.system.name + ("" if self.seed is None else f"-{self.seed}")

    @property
    def cost(self) -> float:
        """What it takes, in no unit, to say how much time is left."""
        return 1.0 + _TRAINING * self.system.tuned


Judged = JudgedNet[Net]


class Nets(NetFolder[Net]):
    """A folder of nets for one folder of classes, made where they are missing.

    Args:
        order: What was asked for.
        size: How large.

    Raises:
        UsageError: The folder holds nets of other settings, or the data is not of classes enough.
    """

    def __init__(self, order: Order, size: Size) -> None:
        from aehash import registry
        from aehash.workflow.common import absolute

        super().__init__(order, order.out)
        _check(order, size)
        self.size = size
        self.data = absolute(str(order.data))
        self.dataset = registry.open_dataset(self.data, notes=order.say)
        self.labels = labels_of(self.dataset)
        seeds = order.seeds or size.seeds
        self.sides: list[Sides] = draw_sides(len(self.dataset.classes), seeds)
        check_plan(self.out, self._plan())

    def nets(self) -> list[Net]:
        """List the nets, those that all seeds share first."""
        shared = [Net(system) for system in SYSTEMS if not system.tuned]
        return shared + [
            Net(system, seed)
            for seed in range(len(self.sides))
            for system in SYSTEMS
            if system.tuned
        ]

    def book(self, net: Net, split: str) -> "Codebook":
        """Open a net's descriptors of all photos.

        Args:
            net: One that is there.
            split: The name of the scales.

        Returns:
            The codebook.
        """
        return super().book(net, split)

    def settings(self) -> dict[str, Any]:
        """Say how nets are made, as JSON can hold it."""
        return {name: value for name, value in self._plan().items() if name != "data"}

    def _make(self, net: Net) -> str:
        started = time.monotonic()
        snapshot = trained(self.place(net), self._recipe(net), split_file=self._split(net))
        model = snapshot.model()
        facts: dict[str, Any] = {"system": net.system.name, "seed": net.seed}
        if net.system.tuned:
            facts |= losses(self.place(net))
            facts["p"] = round(float(np.mean(model.get_layer("pool").p)), 4)
        self._describe(net, snapshot, model)
        found = dict(self._judge(net))
        facts["seconds"] = round(time.monotonic() - started, 1)
        self.keep(net, facts, found)
        return f"{net.name}: {_words(found)}, {facts['seconds']:.0f} s"

    def _describe(self, net: Net, snapshot: Any, model: Any) -> None:
        from aehash import extraction, models

        encoder = models.encoder(model)
        for name in self.size.scales:
            extraction.extract(
                snapshot,
                self.dataset,
                "all",
                self.place(net) / "codes" / name,
                encoder=lambda: encoder,
                scales=SCALES[name],
            )

    def _judge(self, net: Net) -> Iterable[tuple[str, NDArray[np.float64]]]:
        seeds = range(len(self.sides)) if net.seed is None else (net.seed,)
        for scales in self.size.scales:
            book = self.book(net, scales)
            if len(book) != len(self.labels):
                raise AehashError(
                    f"{len(self.labels) - len(book)} images of {self.data} cannot be described; "
                    "leave them out of the folder."
                )
            for seed in seeds:
                coded = net.system.codes and scales == self.size.scales[0]
                bits = self.size.bits if coded else ()
                for name, ap in judge(book, self.sides[seed], seed, bits):
                    yield f"{seed}/{scales}/{name}", ap

    def _recipe(self, net: Net) -> Recipe:
        size, seed = self.size, net.seed or 0
        epochs = size.train.epochs if net.system.tuned else 0
        return Recipe(
            name=net.name,
            data=DataRecipe(self.data, image_size=size.longest, channels=3),
            model=ModelRecipe(
                "gem2023",
                bits=None,
                options={**net.system.options, "encoder": size.encoder},
                weights=None if size.encoder == "light" else self.order.weights,
            ),
            train=replace(size.train, epochs=epochs, seed=seed),
            siamese=size.siamese,
            describe=DescribeRecipe(longest=size.longest, scales=(1.0,)),
        )

    def _split(self, net: Net) -> Path | None:
        if net.seed is None:
            return None
        path = self.out / f"classes-{net.seed}.json"
        return write_sides(path, self.dataset, self.sides[net.seed])

    def _plan(self) -> dict[str, Any]:
        weights = self.order.weights
        known = weights if weights in (None, "imagenet") else sha256_file(Path(str(weights)))[:8]
        plan = asdict(self.size)
        plan |= {"data": self.dataset.digest(), "weights": known, "seeds": len(self.sides)}
        plan |= {"power": POWER, "shrinkage": SHRINKAGE}
        return {
            name: list(each) if isinstance(each, tuple) else each for name, each in plan.items()
        }


def _check(order: Order, size: Size) -> None:
    if order.data is None:
        raise UsageError("Say where the photos are, in one folder a class: --data FOLDER.")
    if order.weights is None and size.encoder != "light":
        raise UsageError(
            f"The study starts from a trained {size.encoder}: give --weights imagenet or the path "
            "of its .h5 file."
        )


def _words(found: Mapping[str, NDArray[np.float64]]) -> str:
    """Say the mAP of the plain descriptors at the photos' own size."""
    values = [each.mean() for name, each in found.items() if name.endswith("/one/plain")]
    return f"mAP {np.mean(values):.4f}"
