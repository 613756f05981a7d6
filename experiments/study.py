"""The form of a study: work of several nets that ends in a figure, run by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SizeName = Literal["reduced", "full", "quick"]


def _silent(_: str) -> None:
    return


@dataclass(frozen=True)
class Order:
    """What a person asked for.

    Attributes:
        out: The folder for nets and results; what is there is not done again.
        data: A catalogue name or a path; None for the study's own.
        size: ``reduced`` for two cores, ``full`` for the paper's setting, ``quick`` to see that it
            runs.
        seeds: How many for every net; None for the size's own.
        weights: Of pretrained encoders, for studies that can use them: ``imagenet``, or the path of
            a MobileNet's.
        command: What was typed, for the results.
        say: Takes each line for the user.
    """

    out: Path
    data: str | None = None
    size: SizeName = "reduced"
    seeds: int | None = None
    weights: str | None = None
    command: str = ""
    say: Callable[[str], None] = _silent


@dataclass(frozen=True)
class Study:
    """A study with what a person wants to know before running it.

    Attributes:
        about: One sentence: what it shows, and which paper's figure it stands for.
        cost: What it takes, on which machine.
        group: Studies of one group share their nets: it names the default folder.
        run: Does the work, and gives the files written: the result first, then pictures.
    """

    about: str
    cost: str
    group: str
    run: Callable[[Order], list[Path]]
