"""The runs of a table of methods: their latest codes, checked, grouped and named."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aehash.codebook import Codebook
from aehash.codebook.stages import origin_of
from aehash.errors import AehashError, UsageError
from aehash.metrics.rows import Rows
from aehash.recipe import Recipe
from aehash.snapshot import Snapshot
from aehash.workflow.books import database_of, latest_codes


@dataclass(frozen=True, eq=False)
class MethodRun:
    """A finished run and the codes it made last.

    Attributes:
        snapshot: The run.
        codes: The folder of its codebooks.
        database: Those of the training images.
        queries: Those of the test images, or another split's.
        data: Names both by their keys and labels.
        layer: Whose output its encoder's features are; None for what its code layer takes.
    """

    snapshot: Snapshot
    codes: Path
    database: Codebook
    queries: Codebook
    data: str
    layer: str | None = None

    @property
    def bits(self) -> int:
        """Bits per code."""
        return self.database.bits

    @property
    def seed(self) -> int:
        """Of the training."""
        return self.snapshot.recipe.train.seed


def open_runs(
    places: Sequence[Path], split: str = "test", layer: str | None = None
) -> list[MethodRun]:
    """Open runs that can stand in one table.

    Args:
        places: Their folders.
        split: Whose images are the queries.
        layer: Whose output their encoders' features are; None for what their code layers take.

    Returns:
        The runs, in that order.

    Raises:
        UsageError: One is no run, has no codes of train and the split, or is of other images than
            the first; or two are one recipe, width and seed.
        AehashError: One is not finished, or its codes are damaged or of another training.
    """
    found = [_open(place, split, layer) for place in places]
    first = found[0]
    for each in found[1:]:
        if each.data != first.data:
            raise UsageError(
                f"{each.codes} holds codes of other images than {first.codes}, or of the same with "
                "other labels or another split: only runs judged on the same queries and database "
                "can stand in one table."
            )
    seen: dict[object, MethodRun] = {}
    for each in found:
        place = _group(each), each.bits, each.seed
        other = seen.setdefault(place, each)
        if other is not each:
            raise UsageError(
                f"{other.snapshot.path} and {each.snapshot.path} are one recipe, {each.bits} bits "
                f"and seed {each.seed}: give one of them."
            )
    return found


def grouped(runs: Sequence[MethodRun]) -> dict[str, list[MethodRun]]:
    """Put runs together that differ only in seed and bits.

    Args:
        runs: In any order.

    Returns:
        By the method's name: experiment, net and encoder, and what else differs where two of
        these are the same.
    """
    groups: dict[str, list[MethodRun]] = {}
    for run in runs:
        groups.setdefault(_group(run), []).append(run)
    plain = {key: _name(each[0].snapshot.recipe) for key, each in groups.items()}
    named = {}
    for key, name in plain.items():
        alike = [groups[other][0] for other, text in plain.items() if text == name]
        more = _differing(groups[key][0], alike)
        named[f"{name}, {more}" if more else name] = groups[key]
    return named


def _open(place: Path, split: str, layer: str | None) -> MethodRun:
    snapshot = Snapshot.load(place)
    codes = latest_codes(place, place.parent, split=split)
    books = Codebook.load(database_of(codes, ("train",))), Codebook.load(codes / split)
    for book in books:
        if origin_of(book.manifest) != snapshot.digest:
            raise AehashError(
                f"{codes} was not made by {place} as it is now; make the codes again with: "
                f"aehash extract --run {place}"
            )
    digests = " ".join(Rows.of(book).digest for book in books)
    data = hashlib.sha256(digests.encode()).hexdigest()
    return MethodRun(snapshot, codes, *books, data, layer)


def _group(run: MethodRun) -> str:
    recipe = run.snapshot.recipe
    bare = replace(
        recipe,
        model=replace(recipe.model, bits=None),
        train=replace(recipe.train, seed=0),
        data=replace(recipe.data, seed=0),
    )
    converted = run.snapshot.digest if "converted" in run.snapshot.info else ""
    return f"{bare.digest()}{converted}"


def _name(recipe: Recipe) -> str:
    encoder = recipe.model.options.get("encoder")
    made_of = [recipe.model.name] * (recipe.model.name != recipe.name)
    made_of += [str(encoder)] * bool(encoder)
    return recipe.name + (f" ({', '.join(made_of)})" if made_of else "")


def _differing(run: MethodRun, alike: Sequence[MethodRun]) -> str:
    """Name the fields in which a recipe is not as all the others of its name."""
    if len(alike) < 2:
        return ""
    mine = _flat(run.snapshot.recipe.to_dict())
    others = [_flat(each.snapshot.recipe.to_dict()) for each in alike]
    fixed = ("train.seed", "data.seed", "model.bits")
    found = [
        f"{name}={value}"
        for name, value in mine.items()
        if name not in fixed and any(other.get(name) != value for other in others)
    ]
    return " ".join(found) or run.snapshot.path.name


def _flat(values: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{path}{name}.")
        else:
            found[f"{path}{name}"] = value
    return found
