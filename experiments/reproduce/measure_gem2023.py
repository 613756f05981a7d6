"""How gem2023's tables are measured: released nets on Oxford5k and Paris6k, where they are at hand.

Without the images, which are no part of this project, a study of other photos says whether
whitening helps.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aehash.errors import UsageError
from aehash.experiments import gem2023_caltech
from aehash.experiments.gem2023_judging import LEARNED, PLAIN
from aehash.experiments.gem2023_nets import GEM
from aehash.experiments.gem2023_sizes import SIZES, Size
from aehash.experiments.reproduce.data import MissingError, at_hand, choose, mobilenet
from aehash.experiments.reproduce.entry import Job, SizeOf
from aehash.experiments.reproduce.findings import OURS, Cell, Claim, Findings, Measured
from aehash.files import read_json
from aehash.recipe import TrainRecipe
from aehash.recipe_describe import SiameseRecipe

if TYPE_CHECKING:
    from aehash.metrics.landmark_results import SettingScores
    from aehash.report.landmarks import LandmarkReport

#: By the paper's row, how files and runs are called.
ARCHITECTURES = {"ResNet101-GeM": "resnet101", "VGG16-GeM": "vgg16"}
WAYS = {"plain": "", "whitened": "-whitened"}
_CHECKPOINT = "retrievalSfM120k-{}-gem*.pth"
_WHITENING = "retrieval-SfM-120k"
_METRIC = "map/trapezoid"
NEEDS = (
    "needs the images of {}, in the folder {} of $AEHASH_DATA with their ground truth (see `aehash "
    "protocols show {}`), and there the released checkpoints "
    + " and ".join(_CHECKPOINT.format(name) for name in ARCHITECTURES.values())
    + ", or finished runs named gem2023-resnet101, gem2023-resnet101-whitened, gem2023-vgg16 and "
    "gem2023-vgg16-whitened"
)
_SIZES: dict[SizeOf, Size] = {
    "fast": Size(
        TrainRecipe(epochs=1, batch_size=5, learning_rate=1e-5),
        SiameseRecipe(loss="triplet", queries=25, pool=200),
        longest=64,
        seeds=1,
        scales=("one",),
        bits=(),
    ),
    "reduced": SIZES["reduced"],
    "full": SIZES["full"],
}


def table1(job: Job) -> Findings:
    """Measure Table 1: Oxford5k."""
    return _measure(job, "oxford5k")


def table2(job: Job) -> Findings:
    """Measure Table 2: Paris6k."""
    return _measure(job, "paris6k")


def _measure(job: Job, protocol: str) -> Findings:
    missing = f"not measured: {NEEDS.format(protocol, protocol, protocol)}"
    cells: dict[tuple[str, str, str], Cell] = {}
    facts: dict[str, object] = {}
    for row, architecture in ARCHITECTURES.items():
        seconds = 0.0
        for column, ending in WAYS.items():
            judged = _judged(job, protocol, architecture, ending)
            if judged is None:
                continue
            (scores,) = judged.found.settings
            cells[OURS, row, column] = _cell(scores)
            seconds += judged.times.whole + judged.times.before
            facts[f"{row}, {column}"] = judged.described
        if seconds:
            cells[OURS, row, "seconds"] = Cell(
                Measured(round(seconds, 1)), lower=True, obstacle="another machine"
            )
    if cells:
        claim = _whitened(cells)
        return Findings(cells, {"whitening helps": claim}, facts=facts, missing=missing)
    return _stand_in(job, missing)


def _cell(scores: "SettingScores") -> Cell:
    import numpy as np

    values = scores.per_query[_METRIC]
    return Cell(Measured.of_queries([values[np.isfinite(values)]]), scores.chance[_METRIC])


def _whitened(cells: dict[tuple[str, str, str], Cell]) -> Claim:
    pairs = [
        tuple(cells[OURS, row, column].measured for column in WAYS)
        for row in ARCHITECTURES
        if all((OURS, row, column) in cells for column in WAYS)
    ]
    found = [(one.mean, other.mean) for one, other in pairs if one and other]
    better = [float(white or 0) > float(plain or 0) for plain, white in found]
    text = "; ".join(f"{plain:.4f} without, {white:.4f} with whitening" for plain, white in found)
    return Claim(all(better) if better else None, text or "one kind only was measured")


def _judged(job: Job, protocol: str, architecture: str, ending: str) -> "LandmarkReport | None":
    """Judge a run by the protocol; None where it or the images are not at hand."""
    from aehash.metrics.protocols import named_protocol
    from aehash.workflow.evaluate_landmarks import evaluate_landmark_run
    from aehash.workflow.landmark_places import find_ground_truth, find_images

    named = named_protocol(protocol)
    given = None if job.data is None else Path(job.data)
    try:
        images = find_images(named, given)
        truth = find_ground_truth(named, None, images)
    except UsageError:
        return None
    run = _run(job, architecture, ending)
    if run is None:
        return None
    out = job.out / f"{run.name}"
    return evaluate_landmark_run(
        protocol, run=run, images=images, ground_truth=truth, out=out, say=job.say
    )


def _run(job: Job, architecture: str, ending: str) -> Path | None:
    """Find a finished run, or make one of a released checkpoint."""
    name = f"gem2023-{architecture}{ending}"
    kept = job.work / name
    found = at_hand(name)
    if kept.is_dir() or found is not None:
        return found if found is not None and not kept.is_dir() else kept
    checkpoint = _checkpoint(architecture)
    if checkpoint is None:
        return None
    from aehash.workflow.weights import convert_weights, read_weights

    job.say(f"converting {checkpoint.name}")
    whitening = _WHITENING if ending else None
    convert_weights(checkpoint, read_weights(checkpoint), kept, whitening=whitening, say=job.say)
    return kept


def _checkpoint(architecture: str) -> Path | None:
    from aehash import registry

    pattern = _CHECKPOINT.format(architecture)
    found = (path for folder in registry.data_folders() for path in sorted(folder.glob(pattern)))
    return next(found, None)


def _stand_in(job: Job, missing: str) -> Findings:
    """Say whether whitening helps on photos of other things."""
    weights = mobilenet(job)
    try:
        choice = choose(replace(job, data=None), "", ("caltech_half",), "photos in class folders")
    except MissingError:
        return Findings(missing=missing)
    if weights is None:
        return Findings(missing=f"{missing}; for a stand-in, MobileNet's weights (--weights)")
    home = job.within("photos")
    path, *pictures = gem2023_caltech.run(home.order(choice.spec, weights), _SIZES[job.size])
    result = read_json(path)
    gain = next(
        each
        for each in result["differences"]
        if each["way"] == [GEM.name, "one", LEARNED] and each["against"] == [GEM.name, "one", PLAIN]
    )
    low, high = gain["queries_ci95"]
    claim = Claim(
        low > 0 if low > 0 or high < 0 else None,
        f"learned whitening changes mAP by {gain['queries']:+.4f} ({low:+.4f} to {high:+.4f})",
        f"GeM of MobileNet 0.75 on {choice.title}, classes never trained on, in place of the "
        "landmarks",
    )
    facts = {"stand-in": choice.title, "photos": result["images"]}
    return Findings({}, {"whitening helps": claim}, pictures[:1], facts, missing=missing)
