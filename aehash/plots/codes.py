"""The picture of a set of codes: balance of the bits, their correlation, distances, collisions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aehash.metrics.code_diagnostics import Diagnosis
from aehash.plots.figure import save_figure, shown

_INK, _WARN, _SOFT = "#1f4e79", "#c0392b", "#8fb4d9"
_TITLE = 100


def code_diagnosis(path: Path, diagnosis: Diagnosis, title: str, findings: Sequence[str]) -> None:
    """Draw a diagnosis.

    Args:
        path: The PNG to write.
        diagnosis: Of :func:`aehash.metrics.code_diagnostics.diagnose`.
        title: Above it, such as the codebook's folder.
        findings: What is wrong; how many are said in the title.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7.6), dpi=120, layout="constrained")
    (bits, correlation), (distances, collisions) = figure.subplots(2, 2)
    _bits(bits, diagnosis)
    _correlation(figure, correlation, diagnosis)
    _distances(distances, diagnosis)
    _collisions(collisions, diagnosis)
    verdict = (
        f"{len(findings)} finding{'s' * (len(findings) != 1)}" if findings else "no fault found"
    )
    figure.suptitle(
        f"{shown(title, _TITLE)}\n{diagnosis.images:,} images, {diagnosis.bits} bits: {verdict}",
        fontsize=10,
        color=_WARN if findings else "black",
        parse_math=False,
    )
    save_figure(figure, path)


def _bits(axes: Any, diagnosis: Diagnosis) -> None:
    constant = (diagnosis.ones == 0) | (diagnosis.ones == 1)
    order = np.argsort(diagnosis.ones, kind="stable")
    colours = np.where(constant[order], _WARN, _SOFT)
    # From the middle, so that a bit that is always 0 is as tall a bar as one that is always 1.
    axes.bar(range(diagnosis.bits), diagnosis.ones[order] - 0.5, bottom=0.5, width=1, color=colours)
    axes.axhline(0.5, color="black", linewidth=0.8)
    axes.set(ylim=(-0.02, 1.02), xlim=(-0.5, diagnosis.bits - 0.5))
    axes.set(xlabel="bits, by their share of ones", ylabel="share of ones")
    axes.set_title(
        f"balance: mean entropy {diagnosis.entropies.mean():.3f}, {int(constant.sum())} constant",
        fontsize=9,
    )


def _correlation(figure: Any, axes: Any, diagnosis: Diagnosis) -> None:
    drawn = axes.imshow(
        diagnosis.correlation, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest"
    )
    off = diagnosis.correlation[~np.eye(diagnosis.bits, dtype=bool)]
    mean = float(np.abs(off).mean()) if off.size else 0.0
    axes.set(xlabel="bit", ylabel="bit")
    axes.set_title(
        f"correlation: mean |r| {mean:.3f}, worth {diagnosis.effective_bits:.1f} independent bits",
        fontsize=9,
    )
    figure.colorbar(drawn, ax=axes, shrink=0.85)


def _distances(axes: Any, diagnosis: Diagnosis) -> None:
    from scipy.stats import binom

    pairs = diagnosis.distances
    at = np.arange(diagnosis.bits + 1)
    parts = [(pairs.between, _INK, "all pairs" if pairs.within is None else "different labels")]
    if pairs.within is not None:
        parts.append((pairs.within, "#d98c1f", "same label"))
    for counts, colour, label in parts:
        if counts.sum():
            axes.step(at, counts / counts.sum(), where="mid", color=colour, label=label)
            axes.fill_between(at, counts / counts.sum(), step="mid", color=colour, alpha=0.2)
    axes.plot(at, binom.pmf(at, diagnosis.bits, 0.5), ":", color="black", lw=1, label="fair coins")
    axes.set(xlabel="Hamming distance", ylabel="share of pairs", ylim=(0, None))
    axes.set_title(f"distances between {pairs.images:,} images", fontsize=9)
    axes.legend(frameon=False, fontsize=8)


def _collisions(axes: Any, diagnosis: Diagnosis) -> None:
    sizes = diagnosis.collisions
    inside = int(sizes.sum())
    axes.set_title(f"collisions: {inside:,} images share their code with another", fontsize=9)
    axes.set(xlabel="images with one code", ylabel="codes")
    if not len(sizes):
        axes.text(0.5, 0.5, "every image has a code of its own", ha="center", va="center",
                  transform=axes.transAxes, fontsize=9)  # fmt: skip
        axes.set(xticks=[], yticks=[])
        return
    edges = np.unique(np.round(np.geomspace(2, sizes[0] + 1, 24)).astype(int))
    edges = edges if len(edges) > 1 else np.array([2, 3])
    axes.hist(sizes, bins=edges, color=_SOFT, edgecolor=_INK, linewidth=0.5)
    axes.set(xscale="log", yscale="log")
