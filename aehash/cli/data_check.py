"""``aehash data check``: whether the numbers of a split can be trusted."""

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from aehash.cli import options
from aehash.cli.data_options import duplicate_options
from aehash.cli.progress import bar
from aehash.errors import AehashError

if TYPE_CHECKING:
    from aehash.workflow.data_check import DataCheck, Finding

_PICTURE = "near-duplicates.png"
_LABEL, _WIDTH = 10, 100


@click.command("check")
@click.argument("name")
@duplicate_options
@click.option(
    "--group-column",
    help="The list's column that says whose an image is.  [default: one whose name usually does]",
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    default=_PICTURE,
    show_default=True,
    help="Draw the worst pairs here, where there are any; 'none' draws none.",
)
@click.option(
    "--split-out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write which images ask and which are searched; sha256sum gives the split's SHA-256.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if anything leaks.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; no picture unless asked for.")
def check(
    name: str, picture: Path, split_out: Path | None, strict: bool, as_json: bool, **given: Any
) -> None:
    """Say whether queries stand in the database: as ids, as pixels, nearly, or as patients.

    Also counts the classes of both sides, and names the split by its SHA-256, which every
    evaluation records. NAME is a name of `aehash data list`, or a folder, .csv, .tsv, .npz or .h5
    file.

    \b
    Examples:
      aehash data check retinamnist
      aehash data check scans.csv --group-column patient --strict
    """
    from aehash.workflow.data_check import check_data

    context = click.get_current_context()
    asked = context.get_parameter_source("picture") is not ParameterSource.DEFAULT
    drawn = None if str(picture) == "none" or (as_json and not asked) else picture
    found = check_data(
        name, **given, picture=drawn, split_out=split_out, say=options.say, progress=bar
    )
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
    else:
        _print(found)
    if strict and found.leaks:
        raise AehashError(f"{found.source} leaks by {', '.join(found.leaks)}.")


def _print(found: "DataCheck") -> None:
    (queries, asked), (database, held) = found.queries, found.database
    lines = [
        ("data", f"{found.source}: {asked:,} queries ({queries}), {held:,} items ({database})"),
        ("split", f"sha256 {found.split}" + (f", {found.split_name}" if found.split_name else "")),
        *((each.check, _sentence(each)) for each in found.findings),
    ]
    if found.unreadable:
        lines.append(("left out", f"{len(found.unreadable):,} images that cannot be read"))
    leaks = ", ".join(found.leaks)
    verdict = f"leaks by {leaks}: numbers of this split flatter" if leaks else "no leak was found"
    lines.append(("verdict", f"{verdict}."))
    for label, text in lines:
        indent = " " * _LABEL
        click.echo(
            textwrap.fill(
                text, _WIDTH, initial_indent=f"{label:<{_LABEL}}", subsequent_indent=indent
            )
        )
    if found.picture is not None:
        options.say(f"see    {found.picture}")


def _sentence(each: "Finding") -> str:
    return f"LEAK: {each.sentence}" if each.leak else each.sentence
