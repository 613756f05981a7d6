"""Checks of recipe fields, and reading them from plain values."""

import dataclasses
import json
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from aehash.errors import UsageError, nearest

T = TypeVar("T")


def check(condition: bool, sentence: str) -> None:
    """Raise a sentence where a condition does not hold."""
    if not condition:
        raise UsageError(sentence)


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is not among those allowed."""
    check(value in allowed, f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")


def at_least(name: str, value: float | None, low: float) -> None:
    """Refuse a number below ``low``, or none at all; None passes."""
    if value is not None:
        check(math.isfinite(value) and value >= low, f"{name} is {value}; at least {low}.")


def positive(name: str, value: float | None) -> None:
    """Refuse a number that is not above 0; None passes."""
    if value is not None:
        check(math.isfinite(value) and value > 0, f"{name} is {value}; it must be above 0.")


def parse(text: str) -> Any:
    """Read a setting's text as JSON where it is JSON, else as text."""
    if text.lower() in ("none", "null"):
        return None
    try:
        return json.loads(text.lower() if text.lower() in ("true", "false") else text)
    except json.JSONDecodeError:
        return text


def put(values: dict[str, Any], parts: list[str], value: Any, path: str) -> None:
    """Set the value at a path of nested fields that exist.

    Raises:
        UsageError: There is no such field, or it is a group of fields.
    """
    *folders, last = parts
    for part in folders:
        _known(part, values, path)
        values = values[part]
        check(isinstance(values, dict), f"{path}: {part!r} is a value and has no fields.")
    if folders[-1:] != ["options"]:
        _known(last, values, path)
        if isinstance(values[last], dict) and not isinstance(value, dict):
            fields = ", ".join(values[last]) or "its options"
            raise UsageError(f"{path} is a group of fields; set one of them: {fields}.")
    values[last] = value


def _known(part: str, values: Mapping[str, Any], path: str) -> None:
    check(part in values, f"{path}: there is no field {part!r}.{nearest(part, values)}")


def from_mapping(cls: type[T], values: Any, path: str) -> T:
    """Make a recipe, or a part of one, from plain values.

    Args:
        cls: The dataclass.
        values: Its fields by name; a missing one takes its default.
        path: Where it stands in the whole recipe, for the sentences.

    Returns:
        The recipe or part.

    Raises:
        UsageError: A field is unknown, or a value of the wrong type or out of range.
    """
    check(isinstance(values, Mapping), f"{path or 'The recipe'} must be an object of fields.")
    hints = typing.get_type_hints(cls)
    read = {}
    for name, value in values.items():
        where = f"{path}.{name}" if path else str(name)
        check(name in hints, f"{where}: there is no such field.{nearest(str(name), hints)}")
        read[name] = _typed(hints[name], value, where)
    return cls(**read)


def _typed(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return from_mapping(typing.cast("type[Any]", hint), value, where)
    if typing.get_origin(hint) is tuple:
        check(isinstance(value, list | tuple), f"{where} is {value!r}; it must be a list.")
        each = typing.get_args(hint)[0]
        return tuple(_typed(each, part, f"{where}[{place}]") for place, part in enumerate(value))
    allowed = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if value is None and type(None) in allowed:
        return None
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    kinds = tuple(typing.get_origin(kind) or kind for kind in allowed)
    good = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    names = " or ".join("none" if kind is type(None) else kind.__name__ for kind in kinds)
    check(good, f"{where} is {value!r}; it must be {names}.")
    return value
