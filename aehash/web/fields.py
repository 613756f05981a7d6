"""What a request may hold: each kind of value checks what comes and describes itself in OpenAPI.

The same declarations validate the input and make the document, so the document is true.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aehash.errors import UsageError, nearest

_WHOLE = re.compile(r"[+-]?\d{1,18}")
_SHOWN = 60


class Kind(Protocol):
    """A kind of value."""

    def schema(self) -> dict[str, Any]:
        """Describe it as JSON Schema."""

    def read(self, name: str, value: Any) -> Any:
        """Check a JSON value, or raise a UsageError that names it."""

    def parse(self, name: str, text: str) -> Any:
        """Check a value that came as text, in a form or an address."""


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@dataclass(frozen=True)
class Whole:
    """A whole number.

    Attributes:
        low: The least.
        high: The largest.
    """

    low: int
    high: int

    def schema(self) -> dict[str, Any]:
        """Describe it."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    def read(self, name: str, value: Any) -> int:
        """Check it; 5.0 is whole, as JSON has only one sort of number."""
        whole = isinstance(value, int | float) and not isinstance(value, bool)
        if whole and self.low <= value <= self.high and value % 1 == 0:
            return int(value)
        raise UsageError(
            f"{name} must be a whole number from {self.low} to {self.high}, not {_shown(value)}."
        )

    def parse(self, name: str, text: str) -> int:
        """Check it."""
        return self.read(name, int(text) if _WHOLE.fullmatch(text) and text.isascii() else text)


@dataclass(frozen=True)
class Text:
    """Text.

    Attributes:
        most: Characters, at most.
    """

    most: int = 4096

    def schema(self) -> dict[str, Any]:
        """Describe it."""
        return {"type": "string", "minLength": 1, "maxLength": self.most}

    def read(self, name: str, value: Any) -> str:
        """Check it."""
        if not isinstance(value, str) or not 0 < len(value) <= self.most:
            raise UsageError(f"{name} must be text of 1 to {self.most:,} characters.")
        return value

    def parse(self, name: str, text: str) -> str:
        """Check it."""
        return self.read(name, text)


@dataclass(frozen=True)
class Choice:
    """One of a few words.

    Attributes:
        words: Which.
    """

    words: tuple[str, ...]

    def schema(self) -> dict[str, Any]:
        """Describe it."""
        return {"type": "string", "enum": list(self.words)}

    def read(self, name: str, value: Any) -> str:
        """Check it."""
        if not isinstance(value, str) or value not in self.words:
            raise UsageError(f"There is no {name} {_shown(value)}.{nearest(value, self.words)}")
        return value

    def parse(self, name: str, text: str) -> str:
        """Check it."""
        return self.read(name, text)


@dataclass(frozen=True)
class Yes:
    """True or false."""

    def schema(self) -> dict[str, Any]:
        """Describe it."""
        return {"type": "boolean"}

    def read(self, name: str, value: Any) -> bool:
        """Check it."""
        if not isinstance(value, bool):
            raise UsageError(f"{name} must be true or false, not {_shown(value)}.")
        return value

    def parse(self, name: str, text: str) -> bool:
        """Check it."""
        return self.read(name, {"true": True, "false": False}.get(text, text))


@dataclass(frozen=True)
class Maybe:
    """True, false or null, where null means something else than leaving it out."""

    def schema(self) -> dict[str, Any]:
        """Describe it."""
        return {"type": ["boolean", "null"]}

    def read(self, name: str, value: Any) -> bool | None:
        """Check it."""
        return None if value is None else Yes().read(name, value)

    def parse(self, name: str, text: str) -> bool | None:
        """Check it."""
        return None if text == "null" else Yes().parse(name, text)


@dataclass(frozen=True)
class Crop:
    """Left, top, width and height with commas between them, as parts of the upright picture."""

    def schema(self) -> dict[str, Any]:
        """Describe it."""
        number = r"(0|1|0?\.[0-9]{1,17}|0\.[0-9]{1,17}|1\.0{1,17})"
        return {"type": "string", "pattern": f"^{number},{number},{number},{number}$"}

    def read(self, name: str, value: Any) -> tuple[float, float, float, float]:
        """Check that they are four numbers; whether they lie in the picture is seen there."""
        try:
            left, top, width, height = (float(part) for part in str(value).split(","))
        except ValueError:
            raise UsageError(
                f"{name} must be left,top,width,height as parts of the picture, such as "
                f"0.1,0.2,0.5,0.5, not {_shown(value)}."
            ) from None
        return left, top, width, height

    def parse(self, name: str, text: str) -> tuple[float, float, float, float]:
        """Check it."""
        return self.read(name, text)


@dataclass(frozen=True)
class Picture:
    """An image file in a form."""

    def schema(self) -> dict[str, Any]:
        """Describe it."""
        return {"type": "string", "format": "binary"}

    def read(self, name: str, value: Any) -> bytes:
        """Check it."""
        if not isinstance(value, bytes):
            raise UsageError(f"{name} must be an image file in a form (multipart/form-data).")
        return value

    def parse(self, name: str, text: str) -> bytes:
        """Refuse text in the place of a file."""
        return self.read(name, text)


@dataclass(frozen=True)
class Items:
    """A list.

    Attributes:
        kind: Of each item.
        most: How many, at most.
        least: How many, at least.
        none: What to say where there are none, in a sentence.
    """

    kind: Kind
    most: int
    least: int = 0
    none: str = ""

    def schema(self) -> dict[str, Any]:
        """Describe it."""
        bounds = {"minItems": self.least, "maxItems": self.most}
        return {"type": "array", "items": self.kind.schema(), **bounds}

    def read(self, name: str, value: Any) -> list[Any]:
        """Check each item."""
        if value == [] and self.least and self.none:
            raise UsageError(f"{name}: {self.none}")
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            raise UsageError(
                f"{name} must be a list of {self.least} to {self.most:,} items, not "
                f"{f'one of {len(value):,}' if isinstance(value, list) else _shown(value)}."
            )
        return [self.kind.read(f"{name}[{at}]", each) for at, each in enumerate(value)]

    def parse(self, name: str, text: str) -> list[Any]:
        """Check items with commas between them."""
        parts = text.split(",")
        checked = [self.kind.parse(f"{name}[{at}]", each) for at, each in enumerate(parts)]
        return self.read(name, checked)


@dataclass(frozen=True)
class Field:
    """A named value.

    Attributes:
        name: Its name.
        kind: What it may be.
        about: What it means.
        required: Whether it must be given; otherwise null stands for leaving it out.
        default: What it is where it is left out.
    """

    name: str
    kind: Kind
    about: str
    required: bool = False
    default: Any = None

    def schema(self, *, nullable: bool = False) -> dict[str, Any]:
        """Describe it, with what it means."""
        found = {**self.kind.schema(), "description": self.about}
        if self.default is not None:
            found["default"] = self.default
        if nullable and not self.required:
            found["type"] = [found["type"], "null"]
            if "enum" in found:
                found["enum"] = [*found["enum"], None]
        return found


@dataclass(frozen=True)
class Record:
    """An object with named fields, and no others.

    Attributes:
        fields: Its fields.
        one_of: Names of which exactly one must be given; none: no such rule.
        beside: A name of those that may also be given beside another one.
    """

    fields: tuple[Field, ...]
    one_of: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    _known: Mapping[str, Field] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Lay the fields out by name."""
        object.__setattr__(self, "_known", {each.name: each for each in self.fields})

    def schema(self, *, nullable: bool = True) -> dict[str, Any]:
        """Describe it."""
        found: dict[str, Any] = {
            "type": "object",
            "properties": {each.name: each.schema(nullable=nullable) for each in self.fields},
            "additionalProperties": False,
        }
        required = [each.name for each in self.fields if each.required]
        if required:
            found["required"] = required
        if self.one_of:
            found["oneOf"] = [self._only(name) for name in self.one_of]
        return found

    def _only(self, name: str) -> dict[str, Any]:
        others = [each for each in self.one_of if each != name and self.beside.get(each) != name]
        there = {**self._known[name].kind.schema()}
        absent = {each: {"type": "null"} for each in others}
        return {"required": [name], "properties": {name: there, **absent}}

    def read(self, name: str, value: Any) -> dict[str, Any]:
        """Check an object of JSON."""
        if not isinstance(value, dict):
            raise UsageError(f"{name} must be a JSON object, not {_shown(value)}.")
        self._refuse_unknown(value)
        given = {
            key: each
            for key, each in value.items()
            if each is not None or self._known[key].required
        }
        prefix = "" if name == "The body" else f"{name}."
        return self._filled(
            {key: self._known[key].kind.read(f"{prefix}{key}", given[key]) for key in given}
        )

    def parse(self, name: str, text: str) -> Any:
        """Refuse an object where text is asked for."""
        return self.read(name, text)

    def texts(self, given: Sequence[tuple[str, str | bytes]]) -> dict[str, Any]:
        """Check values that came as text, or as files.

        Args:
            given: Names and values, in their order.

        Returns:
            The values, with defaults for those that were left out.

        Raises:
            UsageError: A value is wrong, unknown, missing or given twice.
        """
        names = [name for name, _ in given]
        self._refuse_unknown(names)
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise UsageError(f"{twice[0]} is given {names.count(twice[0])} times; give it once.")
        return self._filled(
            {
                name: self._known[name].kind.read(name, value)
                if isinstance(value, bytes)
                else self._known[name].kind.parse(name, value)
                for name, value in given
            }
        )

    def _refuse_unknown(self, names: Any) -> None:
        for name in names:
            if name not in self._known:
                hint = nearest(name, self._known) if self._known else " It takes none."
                raise UsageError(f"There is no field {_shown(name)} here.{hint}")

    def _filled(self, given: dict[str, Any]) -> dict[str, Any]:
        for each in self.fields:
            if each.required and each.name not in given:
                raise UsageError(f"{each.name} is missing: {each.about}")
        there = [
            name
            for name in self.one_of
            if name in given and self.beside.get(name, name) not in (set(given) - {name})
        ]
        if self.one_of and len(there) != 1:
            found = f"and not {' and '.join(there)} together" if there else "and none is there"
            raise UsageError(f"Give one of {', '.join(self.one_of)}, {found}.")
        return {each.name: given.get(each.name, each.default) for each in self.fields}
