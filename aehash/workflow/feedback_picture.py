"""The picture of a feedback session: the query and what was marked, and the results by number."""

from dataclasses import dataclass
from pathlib import Path

from aehash import plots
from aehash.errors import UsageError
from aehash.workflow.books import Pictures
from aehash.workflow.feedback_desk import Desk, Result

_COLUMNS = 5
_MARKED = 2 * _COLUMNS - 1
_MOST = 50
"""Results drawn at most."""


@dataclass(frozen=True)
class Album:
    """Draws a session's pages.

    Attributes:
        path: The picture to make or replace.
        query: What is asked, which the picture must not replace.
        pictures: Finds the images.

    Raises:
        UsageError: The path cannot be a picture, or is the query's.
    """

    path: Path
    query: str
    pictures: Pictures

    def __post_init__(self) -> None:
        """Check the path."""
        plots.check_picture(self.path)
        asked = Path(self.query)
        if asked.is_file() and self.path.resolve() == asked.resolve():
            raise UsageError(
                f"The picture would replace the query {self.query}; give another --montage."
            )

    def draw(self, desk: Desk, page: list[Result]) -> bool:
        """Draw a page below the query and the last marked images, which are framed.

        Args:
            desk: The session.
            page: What is shown of it.

        Returns:
            Whether it was drawn: not where there is no image to be had.

        Raises:
            OSError: It could not be written.
        """
        tiles = [self._result(desk, each) for each in page[:_MOST]]
        first = plots.Tile(desk.query.image, f"query {desk.query.label}".strip())
        marked = [
            plots.Tile(self.pictures.image(key), "relevant" if good else "irrelevant", good)
            for key, good in desk.marked()
        ]
        left_out = len(marked) - _MARKED
        shown = [first, *marked[:_MARKED]]
        if left_out > 0:
            shown[-1] = plots.Tile(None, f"and {left_out + 1} more")
        if all(tile.image is None for tile in [*tiles, *shown]):
            return False
        plots.montage(self.path, [*_rows(shown), *_rows(tiles)])
        return True

    def _result(self, desk: Desk, each: Result) -> plots.Tile:
        value = f"{each.value:g}" if each.value == int(each.value) else f"{each.value:.3f}"
        text = f"{value}  {each.label}"
        return plots.Tile(self.pictures.image(each.key), text, number=each.number)


def _rows(tiles: list[plots.Tile]) -> list[list[plots.Tile]]:
    return [tiles[start : start + _COLUMNS] for start in range(0, len(tiles), _COLUMNS)]
