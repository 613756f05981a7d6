"""``aehash data``: the known data sets."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aehash.cli import options
from aehash.cli.data_check import check
from aehash.cli.data_options import duplicate_options
from aehash.cli.progress import bar

if TYPE_CHECKING:
    from aehash.generators.dataset_info import DatasetInfo
    from aehash.workflow.duplicates import Duplicates

_SIZES = (
    "The sets of MedMNIST come at 28, 64, 128 and 224 pixels: add the size to the name, as in "
    "pathmnist_64."
)

_format = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print.",
)


@click.group(short_help="List the known data sets; find duplicates and leaks.")
def data() -> None:
    """List the data sets that can be opened by name.

    Your own images need no name: give a folder, or a .csv, .tsv, .npz or .h5 file.

    \b
    Examples:
      aehash data list
      aehash data info mnist
      aehash data duplicates cifar100
      aehash data check retinamnist
      aehash train --data mnist
    """


data.add_command(check)


@data.command("list")
@_format
def list_(style: str) -> None:
    """List the data sets: name, images, classes, size.

    The sets of MedMNIST come in four sizes: add the size in pixels, as in pathmnist_64. JSON lists
    every size.

    \b
    Example:
      aehash data list --format json
    """
    from aehash import registry

    rows = [_describe(info) for info in registry.dataset_infos().values()]
    if style == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    click.echo(f"{'name':<16}{'images':>8}{'classes':>9}{'pixels':>10}  {'at hand':<15}title")
    for row in rows:
        if row["family"] not in ("", row["name"]):
            continue
        images, classes = sum(row["counts"].values()), len(row["classes"])
        pixels = f"{row['image_size']}²×{row['channels']}"
        click.echo(
            f"{row['name']:<16}{images:>8}{classes:>9}{pixels:>10}  {_sizes_at_hand(row, rows):<15}"
            f"{row['title']}" + _restriction(row["licence"])
        )
    click.echo(_SIZES)


@data.command("info")
@click.argument("name")
@_format
def info_(name: str, style: str) -> None:
    """Say all that is known of one data set, and where its file is or would be.

    \b
    Example:
      aehash data info retinamnist
    """
    from aehash import registry

    row = _describe(registry.dataset_info(name))
    if style == "json":
        click.echo(json.dumps(row, indent=2, ensure_ascii=False))
        return
    classes = row["classes"]
    shown = ", ".join(classes[:10]) + (", …" if len(classes) > 10 else "")
    counts = ", ".join(f"{split} {count:,}" for split, count in row["counts"].items())
    lines = {
        "name": row["name"],
        "title": row["title"],
        "images": counts + (" (no official split)" if "all" in row["counts"] else ""),
        "pixels": f"{row['image_size']}×{row['image_size']}×{row['channels']}",
        "sizes": _sizes(row["family"]),
        "classes": f"{len(classes)}: {shown}"
        + (" (an image may have several, or none)" if row["multi_label"] else ""),
        "licence": row["licence"],
        "cite": row["citation"],
        "file": _where(row),
        "address": row["url"] or "none; it comes with scikit-learn",
        "checksum": row["checksum"] or "none",
    }
    for label, value in lines.items():
        if value:
            click.echo(f"{label:<10}{value}")


@data.command("duplicates")
@click.argument("name")
@duplicate_options
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the pairs to this CSV."
)
@click.option(
    "--montage", type=click.Path(path_type=Path), help="Draw pairs side by side in this PNG."
)
@_format
def duplicates_(name: str, style: str, **given: Any) -> None:
    """Count the images of one split that are in another too, exactly or nearly.

    Exact: the same decoded pixels. Near: the perceptual hashes agree, and so does the local
    detail of the pictures; brightness, contrast and small changes do not count. NAME is a name of
    `aehash data list`, or a folder, .csv, .tsv, .npz or .h5 file.

    \b
    Example:
      aehash data duplicates cifar100 --out duplicates.csv --montage duplicates.png
    """
    from aehash.workflow.duplicates import duplicates

    found = duplicates(name, say=options.say, progress=bar, **given)
    rows = _counts(found)
    if style == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    click.echo(
        f"{found.queries[1]:,} images of {found.queries[0]}, looked for among "
        f"{found.database[1]:,} of {found.database[0]}:"
    )
    for kind, row in rows["found"].items():
        click.echo(
            f"  {kind:<7}{row['images']:>8,} images {row['share']:>8.2%}{row['pairs']:>9,} pairs"
        )
    click.echo(
        f"near: {found.distance} of 128 bits and {found.detail:g} of the detail at most"
        + (", mirrored or not" if found.mirror else "")
    )
    if rows["found"]["near"]["share"] > 0.5:
        click.echo(
            "note: most images have near ones, so these pictures hold too little detail to be "
            "told apart by it; lower --detail and --distance."
        )
    if found.unreadable:
        click.echo(f"left out as unreadable: {len(found.unreadable):,} images")


def _counts(found: "Duplicates") -> dict[str, Any]:
    """Give the counts of an answer as plain values."""
    shares = {}
    for kind in ("exact", "near", None):
        keys = found.keys(kind)
        shares[kind or "either"] = {
            "images": len(keys),
            "share": len(keys) / found.queries[1],
            "pairs": sum(kind in (None, pair.kind) for pair in found.pairs),
        }
    return {
        "source": found.source,
        "queries": {"split": found.queries[0], "images": found.queries[1]},
        "database": {"split": found.database[0], "images": found.database[1]},
        "distance": found.distance,
        "detail": found.detail,
        "mirror": found.mirror,
        "found": shares,
        "unreadable": list(found.unreadable),
    }


def _describe(info: "DatasetInfo") -> dict[str, Any]:
    """Give a data set's entry with the place of its file as plain values."""
    from aehash import registry

    place, at_hand = registry.dataset_place(info)
    return {
        "name": info.name,
        "family": info.family,
        "title": info.title,
        "counts": dict(info.counts),
        "classes": list(info.classes),
        "multi_label": info.multi_label,
        "image_size": info.image_size,
        "channels": info.channels,
        "licence": info.licence,
        "citation": info.citation,
        "url": info.url,
        "checksum": info.checksum,
        "bytes": info.bytes,
        "to_fetch": info.size_text,
        "at_hand": at_hand,
        "path": None if place is None else str(place),
    }


def _where(row: dict[str, Any]) -> str:
    if row["path"] is None:
        return "comes with scikit-learn"
    if row["at_hand"]:
        return str(row["path"])
    return f"{row['path']} (not there yet; {row['to_fetch']} to fetch)"


def _sizes(family: str) -> str:
    """Name the sizes of a set that has several; empty for one size."""
    from aehash import registry

    infos = [info for info in registry.dataset_infos().values() if info.family == family]
    return ", ".join(f"{info.name} ({info.image_size}²)" for info in infos) if family else ""


def _sizes_at_hand(row: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """Say whether a data set is at hand, and at which sizes where it has several."""
    if not row["family"]:
        return "yes" if row["at_hand"] else "no"
    sizes = [
        str(each["image_size"])
        for each in rows
        if each["family"] == row["family"] and each["at_hand"]
    ]
    return ", ".join(sizes) or "no"


def _restriction(licence: str) -> str:
    """Say where a licence does not allow every use."""
    return f" ({licence})" if "-NC" in licence else ""
