"""Which evaluations a table of methods needs: one for each method, width and seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aehash import __version__
from aehash.errors import UsageError, nearest
from aehash.metrics.method_table import METRICS, Kind
from aehash.workflow.method_features import pixel_shape
from aehash.workflow.method_runs import MethodRun

#: Classical methods that can stand in a table; ``cosine`` ranks the float features themselves.
CLASSICAL = ("itq", "pcah", "lsh", "sh", "agh", "diffusion", "cosine")
#: Those that do, unless told otherwise.
USUAL = ("itq", "pcah", "lsh", "cosine")

Source = Literal["codes", "encoder", "pixels", "labels"]
CODES: Literal["codes"] = "codes"
ENCODER: Literal["encoder"] = "encoder"
PIXELS: Literal["pixels"] = "pixels"
CHANCE, COSINE = "chance", "cosine"
_UNSEEDED = ("pcah", "sh")
_SHOWN = {"diffusion": "diffusion"}

_Row = tuple[str, Kind, str, str, Source]


@dataclass(frozen=True, eq=False)
class Task:
    """One evaluation.

    Attributes:
        name: The method it belongs to.
        kind: Of the method.
        of: Whose features it has.
        method: ``codes``, ``chance``, or one of `CLASSICAL`.
        source: What it works on.
        bits: Bits per code, or none.
        seed: Or none.
        run: Whose codes or features are taken, and where the result is kept.
    """

    name: str
    kind: Kind
    of: str
    method: str
    source: Source
    bits: int | None
    seed: int | None
    run: MethodRun

    @property
    def key(self) -> dict[str, Any]:
        """All that the result depends on, ready for JSON."""
        of: Any = None
        if self.source == PIXELS:
            of = list(pixel_shape(self.run))
        elif self.source == CODES:
            of = self.run.database.manifest["files"]["codes.npy"]["sha256"]
        elif self.source == ENCODER:
            of = [self.run.snapshot.digest, self.run.layer]
        return {
            "method": self.method,
            "features": self.source,
            "of": of,
            "bits": self.bits,
            "seed": self.seed,
            "data": self.run.data,
            "source": self.run.database.source,
            "metrics": list(METRICS),
            "aehash": __version__,
        }

    @property
    def title(self) -> str:
        """Name it in a line."""
        parts = [self.name]
        parts += [f"{self.bits} bits"] if self.bits is not None else []
        parts += [f"seed {self.seed}"] if self.seed is not None else []
        return ", ".join(parts)


def check_methods(methods: Sequence[str]) -> tuple[str, ...]:
    """Refuse methods that do not exist.

    Args:
        methods: Their names.

    Returns:
        The same, each once.

    Raises:
        UsageError: There is none of a name.
    """
    for name in methods:
        if name not in CLASSICAL:
            raise UsageError(f"There is no method {name!r}.{nearest(name, CLASSICAL)}")
    return tuple(dict.fromkeys(methods))


def plan(
    groups: Mapping[str, Sequence[MethodRun]], methods: Sequence[str], bits: Sequence[int] = ()
) -> list[Task]:
    """List what is to be evaluated, in the order of the table's rows.

    Args:
        groups: Runs that differ only in seed and bits, by the method's name.
        methods: Of `CLASSICAL`.
        bits: Further widths for the baselines.

    Returns:
        The tasks. Encoder features at a width that no run has are those of the runs of the
        nearest one.
    """
    widths = sorted({run.bits for each in groups.values() for run in each} | set(bits))
    codes = [name for name in methods if name != COSINE]
    tasks = [
        Task(name, "learned", "", CODES, CODES, run.bits, run.seed, run)
        for name, runs in groups.items()
        for run in runs
    ]
    for name, runs in groups.items():
        tasks += _of_encoder(name, runs, codes, widths, len(groups) > 1)
    first, seeds = next(iter(groups.values()))[0], _seeds(groups)
    for method in codes:
        row: _Row = f"{_shown(method)} of pixels", "code", PIXELS, method, PIXELS
        for width in widths:
            drawn: Sequence[int | None] = [None] if method in _UNSEEDED else seeds
            tasks += [_task(row, width, seed, first) for seed in drawn]
    if COSINE in methods:
        for name, runs in groups.items():
            row = f"floats: {_of(name, len(groups) > 1)}", "floats", name, COSINE, ENCODER
            tasks += [_task(row, run.bits, run.seed, run) for run in runs]
        row = "floats: pixels", "floats", PIXELS, COSINE, PIXELS
        tasks.append(_task(row, None, None, first))
    return [*tasks, Task("chance", "chance", "", CHANCE, "labels", None, None, first)]


def borrowed(groups: Mapping[str, Sequence[MethodRun]], bits: Sequence[int]) -> list[str]:
    """Say whose encoder features stand at a width that no run has.

    Args:
        groups: As of `plan`.
        bits: As of `plan`.

    Returns:
        Sentences.
    """
    return [
        f"No run of {name} has {width} bits: encoder features there are those of its runs of "
        f"{_near(runs, width)} bits."
        for name, runs in groups.items()
        for width in sorted({*bits, *(run.bits for each in groups.values() for run in each)})
        if width != _near(runs, width)
    ]


def _of_encoder(
    name: str, runs: Sequence[MethodRun], methods: Sequence[str], widths: Sequence[int], named: bool
) -> list[Task]:
    tasks = []
    for method in methods:
        row: _Row = f"{_shown(method)} of {_of(name, named)}", "code", name, method, ENCODER
        for width in widths:
            own = [run for run in runs if run.bits == _near(runs, width)]
            tasks += [_task(row, width, run.seed, run) for run in own]
    return tasks


def _task(row: _Row, bits: int | None, seed: int | None, run: MethodRun) -> Task:
    return Task(*row, bits, seed, run)


def _of(name: str, named: bool) -> str:
    return f"encoder features of {name}" if named else "encoder features"


def _near(runs: Sequence[MethodRun], width: int) -> int:
    return min((run.bits for run in runs), key=lambda bits: (abs(bits - width), -bits))


def _seeds(groups: Mapping[str, Sequence[MethodRun]]) -> list[int]:
    return sorted({run.seed for runs in groups.values() for run in runs})


def _shown(method: str) -> str:
    return _SHOWN.get(method, method.upper())
