"""What the papers print: tables and figures as data, each with the place it stands in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

#: A number as printed, such as 0.4250; a text, such as a layer's shape; None where the paper has a
#: picture only.
Printed = float | str | None
#: Stands where a table has nothing.
NOTHING = "–"


@dataclass(frozen=True)
class Paper:
    """A paper.

    Attributes:
        key: What it is called here.
        citation: Authors, title, journal, year.
        link: Its DOI or address; empty where it has none.
    """

    key: str
    citation: str
    link: str = ""


@dataclass(frozen=True)
class PaperNumbers:
    """A table or figure as its paper has it.

    Attributes:
        name: Of the entry, such as ``akbacak2023/table2``.
        paper: Whose it is.
        place: Where it stands, such as ``Table 2, section 4``.
        title: What it shows, in a line.
        columns: Names of its columns.
        rows: By name, a value for each column.
        measure: What the values are, by this project's names, and in which unit.
        setting: How the paper says they were obtained.
        claims: By a short name, what the paper's text says that the table or figure shows.
        open_points: What the paper leaves open, or says in two ways.
        queries: How many queries a number is the mean of; None where that is not said.
        step: Half of it is what rounding may have changed; the last digit printed.
    """

    name: str
    paper: Paper
    place: str
    title: str
    columns: tuple[str, ...] = ()
    rows: Mapping[str, tuple[Printed, ...]] = field(default_factory=lambda: MappingProxyType({}))
    measure: str = ""
    setting: str = ""
    claims: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    open_points: tuple[str, ...] = ()
    queries: int | None = None
    step: float = 0.0001

    @property
    def picture_only(self) -> bool:
        """Whether no value of it is printed in the paper's text."""
        return all(value is None for values in self.rows.values() for value in values)

    def cells(self) -> Iterator[tuple[str, str, Printed]]:
        """List every value; where the table has nothing, there is none.

        Yields:
            Row, column, and what is printed there.
        """
        for row, values in self.rows.items():
            for column, value in zip(self.columns, values, strict=True):
                if value != NOTHING:
                    yield row, column, value

    def value(self, row: str, column: str) -> Printed:
        """Give one value."""
        return self.rows[row][self.columns.index(column)]
