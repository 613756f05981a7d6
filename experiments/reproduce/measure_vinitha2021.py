"""How vinitha2021's figures are measured: by the study ``vinitha2021_digits``."""

from typing import Any

from aehash.experiments import vinitha2021_digits as study
from aehash.experiments.reproduce.data import Choice, choose
from aehash.experiments.reproduce.entry import Job, SizeOf
from aehash.experiments.reproduce.findings import OURS, Cell, Findings
from aehash.experiments.reproduce.measure_air2023 import measured
from aehash.files import read_json

_SIZES: dict[SizeOf, study.Size] = {
    "fast": study.Size(4, learn=300, queries=30, seeds=2),
    "reduced": study.SIZES["reduced"],
    "full": study.SIZES["full"],
}


def figure5(job: Job) -> Findings:
    """Measure Figure 5: test digits and their reconstructions."""
    result, picture, choice = _run(job, 0)
    cell = Cell(
        measured(result["error"]),
        result["error_of_the_mean_image"],
        obstacle=choice.obstacle("MNIST"),
        lower=True,
    )
    cells = {(OURS, "test digits", "mean squared error"): cell}
    return Findings(cells, {}, [picture], _facts(result), _differences(result))


def figure6(job: Job) -> Findings:
    """Measure Figure 6: a query with the digit 9 and its neighbours."""
    result, picture, choice = _run(job, 1)
    cells = {
        (OURS, row, "precision@10"): Cell(
            measured(result["precision"][name]),
            result["chance"],
            obstacle=choice.obstacle("MNIST"),
        )
        for row, name in (("the digit 9", study.DIGIT), ("all digits", "all"))
        if name in result["precision"]
    }
    missing = f"{choice.title} has no class {study.DIGIT}"
    return Findings(cells, {}, [picture], _facts(result), _differences(result), missing)


def _run(job: Job, picture: int) -> tuple[dict[str, Any], Any, Choice]:
    choice = choose(job, "mnist", ("digits",))
    path, *pictures = study.run(job.order(choice.spec), _SIZES[job.size])
    return read_json(path), pictures[picture], choice


def _facts(result: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": result["data"],
        "queries": result["images"]["test"],
        "database": result["images"]["train"],
        "epochs": result["epochs"],
        "seeds": len(result["nets"]),
    }


def _differences(result: dict[str, Any]) -> list[str]:
    full = study.SIZES["full"].epochs
    if result["epochs"] == full and result["images"]["train"] == 60_000:
        return []
    return [
        f"{result['epochs']} epochs over {result['images']['train']:,} digits; the tutorial that "
        f"the paper builds on has {full} over 60,000"
    ]
