"""What may be asked of image files, written behind their path: ``scans#frames=all,depth=12``.

It is a part of the path, not an option beside it, since it decides what the rows of a data set
are: so it stands in the recipe, in a split file and in a codebook wherever the path stands, and
none of them can be opened again with another meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from aehash.errors import UsageError, nearest
from aehash.generators.assemble import Content
from aehash.generators.fetch import Notes
from aehash.generators.storage import FileStorage

_NAMES = ("frames", "depth", "burned")
_FRAMES = ("first", "all")


@dataclass(frozen=True)
class FileOptions:
    """What is asked of image files.

    Attributes:
        frames: ``first`` reads the first frame of a DICOM file, ``all`` makes each a row.
        depth: Bits of the greys in 16-bit PNG and TIFF files, 8 to 16, where the files do not
            say that there are fewer; None for sixteen.
        burned: Whether DICOM pictures are read whose header says that what identifies the
            patient is burned into their pixels, from where it would come into pictures.
    """

    frames: str = "first"
    depth: int | None = None
    burned: bool = False

    def __str__(self) -> str:
        """Write what differs from the defaults, as it is read."""
        parts = ["frames=all"] if self.frames == "all" else []
        if self.depth is not None:
            parts.append(f"depth={self.depth}")
        if self.burned:
            parts.append("burned=yes")
        return f"#{','.join(parts)}" if parts else ""

    def apply(self, content: Content, source: str, notes: Notes) -> Content:
        """Change what a reader found as asked.

        Args:
            content: What it found.
            source: How to call it.
            notes: Told of the frames.

        Returns:
            The content, with more rows where there are more frames.

        Raises:
            UsageError: The content is no image files.
        """
        if self == FileOptions():
            return content
        if not isinstance(content.storage, FileStorage):
            raise misplaced(source, self)
        content = replace(
            content, storage=replace(content.storage, depth=self.depth, burned=self.burned)
        )
        if self.frames == "first":
            return content
        from aehash.generators.frames import every_frame

        return every_frame(content, notes)


def misplaced(source: str, asked: FileOptions) -> UsageError:
    """Say that something is asked of data that are no image files."""
    return UsageError(
        f"{source} holds no image files, so {str(asked)[1:]} does not fit it; leave out what "
        "stands behind the #."
    )


def split_spec(spec: str | Path) -> tuple[str, FileOptions]:
    """Take what is asked of image files off a path.

    Args:
        spec: Such as ``scans#frames=all``. What is there by this very name is taken as it is.

    Returns:
        The path, and what is asked.

    Raises:
        UsageError: Something else is asked, or with a value that is not allowed.
    """
    text = str(spec)
    path, _, tail = text.rpartition("#")
    if not path or "=" not in tail or Path(text).expanduser().exists():
        return text, FileOptions()
    asked = dict(part.partition("=")[::2] for part in tail.split(","))
    unknown = next((name for name in asked if name not in _NAMES), None)
    if unknown is not None:
        raise UsageError(f"{text}: {unknown!r} is unknown.{nearest(unknown, _NAMES)}")
    frames, depth = asked.get("frames", "first"), asked.get("depth")
    burned = asked.get("burned", "no")
    if frames not in _FRAMES:
        raise UsageError(f"{text}: frames is {frames!r}; it must be first or all.")
    if depth is not None and not (depth.isdecimal() and 8 <= int(depth) <= 16):
        raise UsageError(f"{text}: depth is {depth!r}; it must be from 8 to 16 bits.")
    if burned not in ("yes", "no"):
        raise UsageError(f"{text}: burned is {burned!r}; it must be yes or no.")
    return path, FileOptions(frames, None if depth is None else int(depth), burned == "yes")


def first_frames(spec: str) -> str:
    """Ask for the first frames only, whatever else is asked."""
    path, asked = split_spec(spec)
    return f"{path}{replace(asked, frames='first')}"
