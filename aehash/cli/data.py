"""``aehash data``: the known data sets."""

import json
from typing import TYPE_CHECKING, Any

import click

from aehash.errors import UsageError, nearest

if TYPE_CHECKING:
    from aehash.generators.catalogue import DatasetInfo

_format = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print.",
)


@click.group(short_help="List the known data sets.")
def data() -> None:
    """List the data sets that can be opened by name.

    Your own images need no name: give a folder, or a .csv, .tsv, .npz or .h5 file.

    \b
    Examples:
      aehash data list
      aehash data info mnist
      aehash train --data mnist
    """


@data.command("list")
@_format
def list_(style: str) -> None:
    """List the data sets: name, images, classes, size.

    \b
    Example:
      aehash data list --format json
    """
    from aehash import registry

    rows = [_describe(info) for info in registry.dataset_infos().values()]
    if style == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    click.echo(f"{'name':<16}{'images':>8}{'classes':>9}{'pixels':>10}  {'at hand':<9}title")
    for row in rows:
        images, classes = sum(row["counts"].values()), len(row["classes"])
        pixels = f"{row['image_size']}²×{row['channels']}"
        here = "yes" if row["at_hand"] else "no"
        click.echo(f"{row['name']:<16}{images:>8}{classes:>9}{pixels:>10}  {here:<9}{row['title']}")


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

    known = registry.dataset_infos()
    if name not in known:
        raise UsageError(f"There is no data set {name!r}.{nearest(name, known)}")
    row = _describe(known[name])
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
        "classes": f"{len(classes)}: {shown}",
        "licence": row["licence"],
        "cite": row["citation"],
        "file": _where(row),
        "address": row["url"] or "none; it comes with scikit-learn",
        "checksum": row["checksum"] or "none",
    }
    for label, value in lines.items():
        click.echo(f"{label:<10}{value}")


def _describe(info: "DatasetInfo") -> dict[str, Any]:
    """Give a data set's entry with the place of its file as plain values."""
    from aehash import registry

    place, at_hand = registry.dataset_place(info)
    return {
        "name": info.name,
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
        "at_hand": at_hand,
        "path": None if place is None else str(place),
    }


def _where(row: dict[str, Any]) -> str:
    if row["path"] is None:
        return "comes with scikit-learn"
    if row["at_hand"]:
        return str(row["path"])
    return f"{row['path']} (not there yet; {row['bytes'] / 1e6:.1f} MB to fetch)"
