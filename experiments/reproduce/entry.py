"""The form of an entry: a table or figure, and how it is measured here."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from aehash.experiments.reproduce.findings import Findings
from aehash.experiments.reproduce.paper import PaperNumbers
from aehash.experiments.study import Order, SizeName

SizeOf = Literal["fast", "reduced", "full"]
#: What a study is asked for where an entry is run fast, unless the entry has a size of its own.
_STUDY_SIZE: dict[SizeOf, SizeName] = {"fast": "quick", "reduced": "reduced", "full": "full"}


@dataclass(frozen=True)
class Job:
    """What a person asked for.

    Attributes:
        name: Of the entry.
        out: Its folder, for the report and its pictures.
        work: The folder for nets, shared by the entries of one paper.
        size: ``fast``, ``reduced`` or ``full``.
        data: A catalogue name or a path; None for the first that is at hand of the entry's own.
        weights: Of a pretrained encoder; None for those that are at hand.
        seeds: How many for every net; None for the size's own.
        command: What was typed.
        say: Takes each line for the user.
    """

    name: str
    out: Path
    work: Path
    size: SizeOf = "reduced"
    data: str | None = None
    weights: str | None = None
    seeds: int | None = None
    command: str = ""
    say: Callable[[str], None] = lambda _: None

    def order(self, data: str | None, weights: str | None = None) -> Order:
        """Ask a study for its part.

        Args:
            data: What it is run on.
            weights: Of its pretrained encoders; ``none`` for none.

        Returns:
            The order.
        """
        weights = None if weights == "none" else weights
        size = _STUDY_SIZE[self.size]
        return Order(self.work, data, size, self.seeds, weights, self.command, self.say)

    def within(self, folder: str) -> "Job":
        """Give the same with a folder of nets of its own."""
        return replace(self, work=self.work / folder)


@dataclass(frozen=True)
class Entry:
    """A table or figure, and how it is measured.

    Attributes:
        numbers: What the paper has.
        how: Which study or recipe measures it, in a line.
        cost: What the default takes on two cores.
        needs: Files that the paper's own setting needs, and where they go.
        module: The module of this package that measures it.
        ladder: The study that shows how its numbers move with the reading; empty for none.
    """

    numbers: PaperNumbers
    how: str
    cost: str
    needs: tuple[str, ...]
    module: str
    ladder: str = ""

    def measure(self, job: Job) -> Findings:
        """Train, extract and judge what is missing.

        Args:
            job: What was asked for.

        Returns:
            What was found.
        """
        import importlib

        module = importlib.import_module(f"aehash.experiments.reproduce.{self.module}")
        measure: Callable[[Job], Findings] = getattr(module, self.numbers.name.rpartition("/")[2])
        return measure(job)
