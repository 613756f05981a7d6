"""What a request may hold, by name: checked as it comes, and described in OpenAPI.

The same declarations validate the input and make the document, so the document is true.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aehash.errors import UsageError, nearest
from aehash.web.kinds import Kind, shown


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
        """Describe it; in a form nothing is null."""
        found: dict[str, Any] = {
            "type": "object",
            "properties": {each.name: each.schema(nullable=nullable) for each in self.fields},
            "additionalProperties": False,
        }
        required = [each.name for each in self.fields if each.required]
        if required:
            found["required"] = required
        if self.one_of and not nullable:  # tools that make up forms stumble over more
            found["description"] = f"Exactly one of {', '.join(self.one_of)}."
        elif self.one_of:
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
            raise UsageError(f"{name} must be a JSON object, not {shown(value)}.")
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
                raise UsageError(f"There is no field {shown(name)} here.{hint}")

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
