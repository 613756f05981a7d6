"""Kinds of values: each checks what comes and describes itself as JSON Schema."""

import re
from dataclasses import dataclass
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


def shown(value: Any) -> str:
    """Write a value for an error, cut where it is long."""
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
            f"{name} must be a whole number from {self.low} to {self.high}, not {shown(value)}."
        )

    def parse(self, name: str, text: str) -> int:
        """Check it."""
        return self.read(name, int(text) if _WHOLE.fullmatch(text) and text.isascii() else text)


@dataclass(frozen=True)
class Text:
    """Text.

    Attributes:
        most: Characters, at most.
        pattern: What it is made of, or none.
    """

    most: int = 4096
    pattern: str = ""

    def schema(self) -> dict[str, Any]:
        """Describe it."""
        found = {"type": "string", "minLength": 1, "maxLength": self.most}
        return {**found, "pattern": self.pattern} if self.pattern else found

    def read(self, name: str, value: Any) -> str:
        """Check it."""
        if not isinstance(value, str) or not 0 < len(value) <= self.most:
            raise UsageError(f"{name} must be text of 1 to {self.most:,} characters.")
        if self.pattern and not re.search(self.pattern, value):
            raise UsageError(f"{name} is not what an answer of this server held: search anew.")
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
            raise UsageError(f"There is no {name} {shown(value)}.{nearest(value, self.words)}")
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
            raise UsageError(f"{name} must be true or false, not {shown(value)}.")
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
                f"0.1,0.2,0.5,0.5, not {shown(value)}."
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
                f"{f'one of {len(value):,}' if isinstance(value, list) else shown(value)}."
            )
        return [self.kind.read(f"{name}[{at}]", each) for at, each in enumerate(value)]

    def parse(self, name: str, text: str) -> list[Any]:
        """Check items with commas between them."""
        parts = text.split(",")
        checked = [self.kind.parse(f"{name}[{at}]", each) for at, each in enumerate(parts)]
        return self.read(name, checked)
