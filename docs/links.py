"""Look through a built site: every link leads to a file and a place in it, nothing is fetched.

python docs/links.py build/docs
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: What a browser would fetch by itself; a link may lead out, these may not.
_FETCHED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src")}


class Page(HTMLParser):
    """What a page offers and asks for.

    Attributes:
        ids: Places a link may lead to.
        targets: Where its links lead, and whether each is fetched by the browser itself.
    """

    def __init__(self, text: str) -> None:
        """Read a page.

        Args:
            text: HTML.
        """
        super().__init__()
        self.ids: set[str] = set()
        self.targets: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element's name and where it leads."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.targets.append((value, (tag, name) in _FETCHED))


def broken(folder: Path) -> list[str]:
    """List what leads nowhere, and what is fetched from elsewhere.

    Args:
        folder: Of the site.

    Returns:
        A line for each.
    """
    pages = {
        path: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))
    }
    return [
        f"{path.relative_to(folder)}: {target} {wrong}"
        for path, page in pages.items()
        for target, fetched in page.targets
        if (wrong := _wrong(path, target, fetched, pages))
    ]


def _wrong(path: Path, target: str, fetched: bool, pages: dict[Path, Page]) -> str | None:
    parts = urlsplit(target)
    if parts.scheme == "data":
        return None
    if parts.scheme or parts.netloc:
        return "would be fetched from elsewhere" if fetched else None
    file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not file.is_file():
        return "is not there"
    place = unquote(parts.fragment)
    if place and file in pages and place not in pages[file].ids:
        return "has no such place"
    return None


if __name__ == "__main__":
    found = broken(Path(sys.argv[1]).resolve())
    print("\n".join(found) or "Every link leads somewhere.")
    sys.exit(1 if found else 0)
