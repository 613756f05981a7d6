"""Run entries: measure, hold against the paper, write the report and its pictures."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aehash import registry
from aehash.errors import AehashError
from aehash.experiments.reproduce.data import MissingError
from aehash.experiments.reproduce.entries import entry
from aehash.experiments.reproduce.entry import Job, SizeOf
from aehash.experiments.reproduce.findings import Findings
from aehash.experiments.reproduce.picture import draw_rows
from aehash.experiments.reproduce.report import (
    count_verdicts,
    entry_report,
    in_words,
    markdown,
    overview,
)
from aehash.files import atomic_file, write_json, write_text

JSON, PAGE, PICTURE = "report.json", "report.md", "report.png"
Say = Callable[[str], None]


def job_of(
    name: str,
    out: Path,
    size: SizeOf,
    *,
    data: str | None = None,
    weights: str | None = None,
    seeds: int | None = None,
    command: str = "",
    say: Say = lambda _: None,
) -> Job:
    """Say where an entry's files go.

    Args:
        name: Of the entry.
        out: The folder of all.
        size: ``fast``, ``reduced`` or ``full``.
        data: A catalogue name or a path; None for the entry's own.
        weights: Of a pretrained encoder.
        seeds: How many for every net.
        command: What was typed.
        say: Takes each line for the user.

    Returns:
        The job: reports in ``OUT/SIZE/PAPER/ENTRY``, nets in ``OUT/SIZE/PAPER/nets``.
    """
    paper, _, part = name.partition("/")
    home = out / size / paper
    return Job(name, home / part, home / "nets", size, data, weights, seeds, command, say)


def reproduce(job: Job) -> dict[str, Any]:
    """Measure one entry and write its report.

    Nets that are there already are not trained again.

    Args:
        job: What was asked for.

    Returns:
        The report, as ``report.json`` has it.
    """
    from aehash.experiments.study_facts import facts

    known, started = entry(job.name), time.monotonic()
    job.out.mkdir(parents=True, exist_ok=True)
    try:
        found = known.measure(job)
    except MissingError as error:
        found = Findings(missing=f"not measured: {error}")
    seconds = round(time.monotonic() - started, 1)
    how = facts(job.order(job.data))
    run = {**how, "size": job.size, "seconds": seconds, "how": known.how}
    if known.ladder in registry.study_names():
        run["ladder"] = f"`aehash experiments run {known.ladder}`"
    for picture in found.pictures:
        if picture.parent != job.out:
            _copy(picture, job.out / picture.name)
    report = entry_report(job.name, found, run)
    data = found.facts.get("data")
    title = f"{job.name}: {report['title']}" + (f" – here {data}" if data else "")
    if draw_rows(job.out / PICTURE, report["rows"], title):
        report["pictures"].insert(0, PICTURE)
    write_text(job.out / PAGE, markdown(report))
    write_json(job.out / JSON, report)
    return report


def reproduce_all(jobs: Sequence[Job], out: Path, command: str) -> dict[str, Any]:
    """Measure several entries, one after the other, and write one report of all.

    An entry that fails is named in the report, and the others are done all the same.

    Args:
        jobs: What was asked for, of one size.
        out: The folder of all.
        command: What was typed.

    Returns:
        The report, as ``report.json`` has it.
    """
    reports = []
    for number, job in enumerate(jobs, 1):
        job.say(f"[{number}/{len(jobs)}] {job.name}")
        try:
            report = reproduce(job)
        except AehashError as error:
            job.say(f"{job.name} failed: {error}")
            report = _failed(job, error)
        reports.append(report)
        job.say(f"[{number}/{len(jobs)}] {job.name}: {in_words(report['verdicts'])}")
    together = _together(command, reports)
    write_text(out / jobs[0].size / PAGE, page(together))
    write_json(out / jobs[0].size / JSON, together)
    return together


def page(together: Mapping[str, Any]) -> str:
    """Lay the report of several entries out.

    Args:
        together: As :func:`reproduce_all` gives it.

    Returns:
        Markdown.
    """
    parts = [
        "# The papers' tables and figures, beside what comes out here",
        overview(together["entries"]),
        f"In all: {in_words(together['verdicts'])}.",
    ]
    parts += [markdown(report, f"{report['entry']}/", 2) for report in together["entries"]]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _copy(picture: Path, target: Path) -> None:
    with atomic_file(target) as aside:
        shutil.copyfile(picture, aside)


def _together(command: str, reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    run = dict(reports[0]["run"])
    run |= {"command": command, "seconds": sum(each["run"]["seconds"] for each in reports)}
    verdicts = [row["verdict"] for each in reports for row in each["rows"]]
    return {
        "study": "reproduce",
        "run": run,
        "seconds": run["seconds"],
        "verdicts": count_verdicts(verdicts),
        "entries": list(reports),
    }


def _failed(job: Job, error: AehashError) -> dict[str, Any]:
    from aehash.experiments.study_facts import facts

    run = {**facts(job.order(job.data)), "size": job.size, "seconds": 0.0}
    report = entry_report(job.name, Findings(missing=f"failed: {error}"), run)
    write_text(job.out / PAGE, markdown(report))
    write_json(job.out / JSON, report)
    return report
