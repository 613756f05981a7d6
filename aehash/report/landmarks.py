"""Evaluations by the Oxford and Paris protocols as a table, Markdown, CSV or JSON."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aehash.metrics.code_statistics import CodeStatistics, collapse_warning
from aehash.metrics.landmark_results import LandmarkEvaluation, SettingScores
from aehash.metrics.protocols import NamedProtocol
from aehash.report.evaluations import Format
from aehash.report.layout import Section, aligned, markdown, wrapped, writer_of

_COLUMNS = ("setting", "metric", "value", "chance", "ci95_low", "ci95_high", "queries")
_NONE = "-"


@dataclass(frozen=True)
class Times:
    """Wall-clock times in seconds.

    Attributes:
        ranking: Reading, ranking and scoring.
        describing: Describing the images now; None where codebooks of others were judged.
        before: Describing those that were at hand, when that was done.
    """

    ranking: float
    describing: float | None = None
    before: float = 0.0

    @property
    def whole(self) -> float:
        """All of this run."""
        return self.ranking + (self.describing or 0.0)

    def sentence(self) -> str:
        """Say what took how long, as the field's tables write it."""
        whole = f"elapsed  {elapsed(self.whole)}"
        if self.describing is None:
            return f"{whole} (without extraction)"
        parts = [f"describing {elapsed(self.describing)}"] if self.describing else []
        parts.append(f"ranking {elapsed(self.ranking)}")
        text = f"{whole}: {', '.join(parts)}"
        if not self.before:
            return text
        return f"{text}; describing what was at hand took {elapsed(self.before)} before"

    def as_dict(self) -> dict[str, float]:
        """Give the times as JSON can hold them, rounded to milliseconds."""
        found = {"elapsed_s": self.whole}
        if self.describing is not None:
            found |= {
                "describing_s": self.describing,
                "described_before_s": self.before,
                "ranking_s": self.ranking,
            }
        return {name: round(seconds, 3) for name, seconds in found.items()}


@dataclass(frozen=True, eq=False)
class LandmarkReport:
    """An evaluation, and what must stand beside its numbers.

    Attributes:
        named: The protocol.
        found: What was found.
        times: How long it took.
        sources: ``database`` and ``queries``: where their images came from, or None.
        codes: Figures of the database's codes; None where features were ranked.
        plain: The same without expansion and augmentation, where there were any.
        described: The run that described the images here, and how; None where codebooks were
            given.
    """

    named: NamedProtocol
    found: LandmarkEvaluation
    times: Times
    sources: dict[str, str | None]
    codes: CodeStatistics | None = None
    plain: LandmarkEvaluation | None = None
    described: str | None = None

    @property
    def warnings(self) -> list[str]:
        """Say what forbids to take the numbers at their word."""
        text = None if self.codes is None else collapse_warning(self.codes)
        return [text] if text else []

    @property
    def facts(self) -> list[str]:
        """Say what was judged, and how."""
        found = self.found
        text = (
            f"{self.named.name}: {len(found.queries)} queries, {found.n_database:,} database "
            f"images, {found.conventions.title}; ties={found.conventions.ties}. Junk is taken out "
            "of the ranking; AP by trapezoids; chance is a random ranking's, exactly."
        )
        if found.conventions.expanded:
            text += f" Added: {found.conventions.sums}."
        described = [f"Described by {self.described}."] if self.described else []
        changed = self.named.changes(found.conventions)
        changes = [f"Not as the protocol has it: {'; '.join(changed)}."] if changed else []
        return [text, *described, *changes, self.times.sentence()]

    @property
    def evaluations(self) -> list[LandmarkEvaluation]:
        """The asked one first."""
        return [self.found, *([] if self.plain is None else [self.plain])]

    @property
    def notes(self) -> list[str]:
        """Say what a reader must know."""
        found, (data, *_) = self.found, self.named.data
        listed = found.n_database - (found.extra or 0)
        notes = self.named.mismatches(data.name, len(found.queries), listed)
        if found.extra:
            notes.append(
                f"{found.extra:,} database images are not on the ground truth's list: they were "
                "ranked as distractors."
            )
        if found.removed:
            notes.append(
                f"{found.removed:,} query images in the database were left out of it, as the "
                "protocol has it."
            )
        notes += [
            f"{len(found.queries) - each.counted} queries have no relevant image in the setting "
            f"{each.name}, and are in no mean of it."
            for each in found.settings
            if each.counted < len(found.queries)
        ]
        if self.described is None:
            notes.append("Whether the queries were cut to their boxes does not show in a codebook.")
        return [*notes, *found.notes]


def elapsed(seconds: float) -> str:
    """Write a time as the field's tables do.

    Args:
        seconds: How long.

    Returns:
        Such as ``12 m 49 s``, or ``4.2 s`` below a minute.
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} m {rest} s"


def render_landmarks(report: LandmarkReport, form: Format = "table") -> str:
    """Write an evaluation out.

    Args:
        report: The evaluation.
        form: ``table``, ``md``, ``csv`` or ``json``.

    Returns:
        Text that ends in a line break.

    Raises:
        UsageError: There is no such form.
    """
    write = writer_of(form, table=_as_table, md=_as_markdown, csv=_as_csv, json=_as_json)
    return write(report)


def landmarks_to_json(report: LandmarkReport) -> dict[str, Any]:
    """Give an evaluation as JSON can hold it.

    Args:
        report: The evaluation.

    Returns:
        protocol, n_queries, n_database, extra, removed, queries, settings by name (queries,
        relevant, junk, metrics, chance, ci95, per_query), described, plain (the same settings
        without expansion and augmentation), bits and codes where they were ranked, notes and
        elapsed_s. null stands where nothing is relevant to a query.
    """
    found = report.found
    result: dict[str, Any] = {
        "protocol": {
            "name": report.named.name,
            "changed": report.named.changes(found.conventions),
            **found.conventions.as_dict(),
            **{what: {"source": source} for what, source in report.sources.items()},
        },
        "n_queries": len(found.queries),
        "n_database": found.n_database,
        "extra": found.extra,
        "removed": found.removed,
        "queries": list(found.queries),
        "settings": {each.name: _setting(each) for each in found.settings},
    }
    if report.described is not None:
        result["described"] = report.described
    if report.plain is not None:
        result["plain"] = {each.name: _setting(each) for each in report.plain.settings}
    if report.codes is not None:
        result |= {"bits": report.codes.bits, "codes": report.codes.as_dict()}
    notes = [*report.warnings, *report.notes]
    return {**result, "notes": notes, **report.times.as_dict()}


def _setting(found: SettingScores) -> dict[str, Any]:
    return {
        "queries": found.counted,
        "relevant": found.relevant.tolist(),
        "junk": found.junk.tolist(),
        "metrics": found.metrics,
        "chance": found.chance,
        "ci95": {name: list(interval) for name, interval in found.ci95.items()},
        "per_query": {
            name: [None if np.isnan(value) else float(value) for value in values]
            for name, values in found.per_query.items()
        },
    }


def _as_json(report: LandmarkReport) -> str:
    return json.dumps(landmarks_to_json(report), indent=2, allow_nan=False) + "\n"


def _as_csv(report: LandmarkReport) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = report.found.conventions.as_dict()
    writer.writerow([*_COLUMNS, *("ranking" if name == "metric" else name for name in columns)])
    for found in report.evaluations:
        how = found.conventions.as_dict().values()
        for each in found.settings:
            for metric, value in each.metrics.items():
                ends = (each.chance[metric], *each.ci95[metric])
                writer.writerow([each.name, metric, value, *ends, each.counted, *how])
    return text.getvalue()


def _as_table(report: LandmarkReport) -> str:
    parts = [wrapped(f"WARNING: {text}") for text in report.warnings]
    parts.append("\n".join(map(wrapped, report.facts)))
    parts += [aligned(section) for section in _sections(report)]
    parts.append("\n".join(map(wrapped, report.notes)))
    return "\n\n".join(parts) + "\n"


def _as_markdown(report: LandmarkReport) -> str:
    parts = [f"> **Warning.** {text}" for text in report.warnings]
    parts.append("  \n".join(report.facts))
    parts += [markdown(section) for section in _sections(report)]
    parts.append("\n".join(f"- {line}" for line in report.notes))
    return "\n\n".join(parts) + "\n"


def _sections(report: LandmarkReport) -> list[Section]:
    settings = report.found.settings
    columns = [each.name for each in settings]
    counts: list[tuple[str, Sequence[str]]] = [
        ("queries in the mean", [f"{each.counted:,}" for each in settings]),
        ("relevant images", [f"{each.relevant.sum():,}" for each in settings]),
        ("junk taken out", [f"{each.junk.sum():,}" for each in settings]),
    ]
    means = []
    for found in report.evaluations:
        title = "mean over queries"
        if report.plain is not None:
            title += f", {found.conventions.kind}"
        means.append(Section(title, columns, _means(found.settings)))
    return [*means, Section("over all queries", columns, counts)]


def _means(settings: Sequence[SettingScores]) -> list[tuple[str, Sequence[str]]]:
    rows: list[tuple[str, Sequence[str]]] = []
    for metric in settings[0].per_query:
        rows += [
            (metric, [_cell(each.metrics.get(metric)) for each in settings]),
            ("  95 % interval", [_interval(each.ci95.get(metric)) for each in settings]),
            ("  chance", [_cell(each.chance.get(metric)) for each in settings]),
        ]
    return rows


def _cell(value: float | None) -> str:
    return _NONE if value is None else f"{value:.4f}"


def _interval(value: tuple[float, float] | None) -> str:
    return _NONE if value is None else f"{value[0]:.4f}-{value[1]:.4f}"
