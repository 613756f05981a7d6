"""Entries and kept results, shown in a notebook."""

import importlib
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from aehash.experiments.reproduce.entry import SizeOf
from aehash.experiments.reproduce.report import markdown
from aehash.experiments.reproduce.run import job_of, reproduce
from aehash.experiments.study import Order
from aehash.files import read_json

#: Where a checkout keeps what studies found; an installed package has none of it.
RESULTS = Path(__file__).resolve().parents[1] / "results"
_WIDEST = 900
_LARGE = 100_000  # bytes; no chart takes as many


def show(
    name: str,
    out: Path,
    *,
    size: SizeOf = "fast",
    data: str | None = None,
    seeds: int | None = 1,
    pictures: Sequence[str] | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Measure an entry, and show its report with the pictures.

    Args:
        name: Of the entry, such as ``akbacak2023/table2``.
        out: The folder of all reports and nets; nets that are there are not trained again.
        size: ``fast``, ``reduced`` or ``full``.
        data: A catalogue name or a path; None for the first that is at hand of the entry's own.
        seeds: Nets of each kind.
        pictures: Names of those to show; by default all.
        say: Takes each line for the user.

    Returns:
        The report.
    """
    option = "" if size == "reduced" else f" --{size}"
    command = f"aehash reproduce {name}{option}" + (f" --data {data}" if data else "")
    job = job_of(name, out, size, data=data, seeds=seeds, command=command, say=say)
    report = reproduce(job)
    wanted = [each for each in report["pictures"] if pictures is None or each in pictures]
    _put(report_text(report), [job.out / each for each in wanted])
    return report


def report_text(report: dict[str, Any]) -> str:
    """Lay a report out without its pictures, and with its title in bold in a heading's place.

    Args:
        report: Of :func:`aehash.experiments.reproduce.run.reproduce`.

    Returns:
        Markdown.
    """
    lines = [line for line in markdown(report).splitlines() if not line.startswith("![")]
    text = re.sub(r"^# (.*)$", r"**\1**", "\n".join(lines), count=1, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text)


def show_study(module: ModuleType, order: Order, size: Any) -> None:
    """Run a study in a size of one's own, and show its table and pictures.

    Args:
        module: Of the study, with ``run`` and ``table``.
        order: What was asked for; nets that are there are not trained again.
        size: As the module takes it.
    """
    path, *pictures = module.run(order, size)
    _put(module.table(read_json(path)), pictures)


def show_kept(name: str, pictures: Sequence[str] = ()) -> None:
    """Show what a study found when it was run for the record.

    Args:
        name: Of the result, such as ``air2023_figure3``.
        pictures: Names of its pictures; by default the one of the result's own name.
    """
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        _put(f"The kept result {path.name} is not here: it stands in a checkout of aehash.", [])
        return
    result = read_json(path)
    study = importlib.import_module(f"aehash.experiments.{result['study']}")
    run = result["run"]
    made = f"`{run['command']}` – {run['machine']}, {run['backend']}, {run['date']}."
    _put(
        f"{study.table(result)}\n{made}", [RESULTS / each for each in pictures or (f"{name}.png",)]
    )


def _put(text: str, pictures: Sequence[Path]) -> None:
    from IPython.display import Image, Markdown, display

    display(Markdown(text))
    for path in pictures:
        display(Image(data=lean_picture(path)))


def lean_picture(path: Path) -> bytes:
    """Make a picture small enough to stand in a notebook.

    Args:
        path: PNG.

    Returns:
        At most 900 pixels across: a PNG of 256 colours, or a JPEG where that would be large, as
        of photos.
    """
    from PIL import Image

    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((_WIDEST, 10 * _WIDEST), Image.Resampling.LANCZOS)
    drawn, photo = io.BytesIO(), io.BytesIO()
    picture.quantize(256).save(drawn, "PNG", optimize=True)
    if len(drawn.getvalue()) <= _LARGE:
        return drawn.getvalue()
    picture.save(photo, "JPEG", quality=75)
    return photo.getvalue()
