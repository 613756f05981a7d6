"""A study's folder of nets: made where they are missing, all with the same settings."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.experiments.study import Order
from aehash.files import atomic_folder, read_json, write_json

if TYPE_CHECKING:
    import keras

    from aehash.codebook import Codebook
    from aehash.generators.dataset import Dataset
    from aehash.recipe import Recipe
    from aehash.snapshot import Snapshot

T = TypeVar("T")
_PLAN, _JUDGED, _FACTS, _VALUES = "plan.json", "judged", "net.json", "values.npz"


class NetLike(Protocol):
    """What a folder of nets has to know of each."""

    @property
    def name(self) -> str:
        """Its folder."""

    @property
    def cost(self) -> float:
        """What it takes, in any unit."""


N = TypeVar("N", bound=NetLike)


@dataclass(frozen=True, eq=False)
class JudgedNet(Generic[N]):
    """What came of a net.

    Attributes:
        net: Which.
        facts: What its ``net.json`` says: seconds, and whatever its study asks for.
        values: One number a query each, by name, such as each query's average precision.
    """

    net: N
    facts: Mapping[str, Any]
    values: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


class NetFolder(ABC, Generic[N]):
    """Nets that are trained, extracted and judged where that is missing, and kept.

    Args:
        order: What was asked for.
        out: The folder.
    """

    def __init__(self, order: Order, out: Path) -> None:
        self.order, self.out = order, out

    def judged(self, net: N) -> JudgedNet[N]:
        """Read what came of a net that is there."""
        folder = self.place(net) / _JUDGED
        values: dict[str, NDArray[np.float64]] = {}
        if (folder / _VALUES).is_file():
            with np.load(folder / _VALUES) as arrays:
                values = dict(arrays)
        return JudgedNet(net, read_json(folder / _FACTS), values)

    def keep(
        self,
        net: N,
        facts: Mapping[str, Any],
        values: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> None:
        """Write what came of a net; with it the net is there.

        Args:
            net: Which.
            facts: As JSON can hold them.
            values: One number a query each, by name.
        """
        with atomic_folder(self.place(net) / _JUDGED) as folder:
            if values:
                np.savez(folder / _VALUES, allow_pickle=False, **dict(values))
            write_json(folder / _FACTS, facts)

    @abstractmethod
    def _make(self, net: N) -> str:
        """Train, extract and judge a net, and say in a few words what came out."""

    def make(self, nets: Iterable[N]) -> list[JudgedNet[N]]:
        """Train, extract and judge nets, those only that are not there yet.

        Args:
            nets: Which.

        Returns:
            What came of them, in their order.
        """
        wanted = list(nets)
        make_missing(
            wanted,
            there=lambda net: self.place(net).joinpath(_JUDGED).is_dir(),
            make=self._make,
            cost=lambda net: net.cost,
            say=self.order.say,
        )
        return [self.judged(net) for net in wanted]

    def place(self, net: N) -> Path:
        """Name a net's folder."""
        return self.out / "nets" / net.name

    def book(self, net: N, split: str) -> "Codebook":
        """Open a net's features and codes.

        Args:
            net: One that is there.
            split: ``train``, the database, or ``test``, the queries.

        Returns:
            The codebook.
        """
        from aehash.codebook import Codebook

        return Codebook.load(self.place(net) / "codes" / split, verify="size")


def labelled(data: str, order: Order) -> "Dataset":
    """Open what a study's nets are trained on and judged by.

    Args:
        data: A catalogue name or an absolute path.
        order: What was asked for; its notes go there.

    Returns:
        The data set.

    Raises:
        UsageError: It has no labels.
    """
    from aehash import registry

    dataset = registry.open_dataset(data, notes=order.say)
    if dataset.labels is None:
        raise UsageError(
            f"{data} has no labels, and codes are judged by them: give a data set that has, with "
            "--data."
        )
    return dataset


def trained(
    run: Path,
    recipe: "Recipe",
    *,
    split_file: Path | None = None,
    callbacks: "Sequence[keras.callbacks.Callback]" = (),
) -> "Snapshot":
    """Train a net, or go on with its training where that was stopped.

    Args:
        run: Its folder.
        recipe: How a new one is trained.
        split_file: Which images a new one learns from; None for the data's own.
        callbacks: More of them.

    Returns:
        The trained net.
    """
    import keras

    from aehash import workflow
    from aehash.snapshot import RECIPE

    keras.backend.clear_session()  # or each net's graph stays in memory with all before it
    if (run / RECIPE).is_file():
        return workflow.resume(run, callbacks=callbacks)
    return workflow.train(recipe, out=run, split_file=split_file, callbacks=callbacks)


def extract(snapshot: "Snapshot", model: Any, dataset: "Dataset", run: Path) -> None:
    """Extract the database and the queries with a trained net.

    Args:
        snapshot: The net.
        model: Its model.
        dataset: What is searched and asked.
        run: The net's folder.
    """
    from aehash import extraction, models

    encoder = models.encoder(model)
    for split in ("train", "test"):
        extraction.extract(snapshot, dataset, split, run / "codes" / split, encoder=lambda: encoder)


def check_plan(folder: Path, plan: Mapping[str, Any]) -> None:
    """Refuse a folder whose nets were made with other settings; write them into a new one.

    Args:
        folder: The nets' folder; made where missing.
        plan: The settings, as JSON can hold them.

    Raises:
        UsageError: The folder holds nets of other settings.
    """
    if not (folder / _PLAN).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / _PLAN, plan)
        return
    before = read_json(folder / _PLAN)
    other = [name for name, value in plan.items() if before.get(name) != value]
    if other:
        raise UsageError(
            f"{folder} holds nets made with another choice of {', '.join(other)}: give "
            "another folder with --out, or ask for what it was made with."
        )


def make_missing(
    wanted: Sequence[T],
    there: Callable[[T], bool],
    make: Callable[[T], str],
    cost: Callable[[T], float],
    say: Callable[[str], None],
) -> None:
    """Make what is missing, one after the other, saying what came out and the time left.

    Args:
        wanted: The nets.
        there: Whether one is made already.
        make: Makes one, and says in a few words what came out.
        cost: What one takes, in any unit.
        say: Takes each line for the user.
    """
    from aehash.epochs import duration

    todo = [each for each in wanted if not there(each)]
    if len(todo) < len(wanted):
        say(f"{len(wanted) - len(todo)} of {len(wanted)} nets are there already")
    left, started, done = sum(map(cost, todo)), time.monotonic(), 0.0
    for number, each in enumerate(todo, 1):
        words = make(each)
        done += cost(each)
        seconds = (time.monotonic() - started) * (left - done) / done
        more = f"  about {duration(seconds)} left" if number < len(todo) else ""
        say(f"[{number}/{len(todo)}] {words}{more}")


def losses(run: Path) -> dict[str, Any]:
    """Say how a run's training went.

    Args:
        run: Its folder.

    Returns:
        The mean training loss of the first and of the last pass, how many there were, which was
        kept, and the seconds.
    """
    info = read_json(run / "run.json")
    values = history(run)["loss"]
    return {
        "loss_first_pass": values[0],
        "loss_last_pass": values[-1],
        "passes": len(values),
        "kept_pass": info["best_epoch"],
        "training_seconds": info["seconds"],
    }


def history(run: Path) -> dict[str, list[float]]:
    """Read what was noted of each pass.

    Args:
        run: A run's folder.

    Returns:
        By column of ``history.csv``, a number a pass.
    """
    head, *lines = (run / "history.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines]
    return {
        name: [float(row[column]) for row in rows] for column, name in enumerate(head.split(","))
    }
