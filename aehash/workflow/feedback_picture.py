"""The picture of a feedback session: the query and what was marked, and the results by number."""

from dataclasses import dataclass
from pathlib import Path

from aehash import plots
from aehash.errors import UsageError
from aehash.workflow.books import Pictures
from aehash.workflow.feedback_desk import Desk, Result

_COLUMNS = 5
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
        if self.path.suffix.lower() == ".svg":
            raise UsageError(f"The picture {self.path} cannot be an .svg: choose a .png.")
        asked = Path(self.query)
        if asked.is_file() and self.path.resolve() == asked.resolve():
            raise UsageError(
                f"The picture would replace the query {self.query}; give another --montage."
            )

    def draw(self, desk: Desk, page: list[Result]) -> bool:
        """Draw a page below the query and what was marked, which is framed.

        Args:
            desk: The session.
            page: What is shown of it.

        Returns:
            Whether it was drawn: not where there is no image to be had.

        Raises:
            OSError: It could not be written.
        """
        tiles = [self._result(each) for each in page[:_MOST]]
        rows = [tiles[start : start + _COLUMNS] for start in range(0, len(tiles), _COLUMNS)]
        marked = desk.marked()
        asked = plots.Tile(desk.query.image, f"query {desk.query.label}".strip())
        above = [[asked, *self._marked(marked[True], _COLUMNS - 1, True)]]
        if marked[False]:
            above.append(self._marked(marked[False], _COLUMNS, False))
        if all(tile.image is None for row in [*above, *rows] for tile in row):
            return False
        plots.montage(self.path, [*above, *rows])
        return True

    def _marked(self, keys: list[str], places: int, relevant: bool) -> list[plots.Tile]:
        """Frame marked images, and count those that there is no place for."""
        shown = keys if len(keys) <= places else keys[: places - 1]
        text = "relevant" if relevant else "irrelevant"
        tiles = [plots.Tile(self.pictures.image(key), text, relevant) for key in shown]
        if len(keys) > len(shown):
            tiles.append(plots.Tile(None, f"{len(keys) - len(shown)} more {text}"))
        return tiles

    def _result(self, each: Result) -> plots.Tile:
        value = f"{each.value:g}" if each.value == int(each.value) else f"{each.value:.3f}"
        text = f"{value}  {each.label}"
        return plots.Tile(self.pictures.image(each.key), text, number=each.number)
