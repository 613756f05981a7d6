"""``aehash feedback``."""

import contextlib
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from aehash.cli import options
from aehash.cli.feedback_line import Line, understood
from aehash.errors import AehashError, UsageError

if TYPE_CHECKING:
    from aehash.workflow.feedback import Opened
    from aehash.workflow.feedback_desk import Desk, Result

_HELP = """\
  +3 -5 7    results 3 and 7 are relevant, 5 is irrelevant: rank again with all marks so far
  n          the next page; numbers of earlier pages stay good until the next marks
  u          take the last line of marks back
  w [FILE]   write the session; later rounds are then written as they come
  ?          this
  q          end"""


@click.command(short_help="Search, mark what is right and wrong, search again.")
@click.argument("query")
@click.option(
    "--codes",
    type=click.Path(path_type=Path),
    help="A codebook, or a folder with one for each split.  [default: the latest run's]",
)
@options.RUNS
@click.option("--top", type=int, default=20, show_default=True, help="Results a page.")
@click.option(
    "--method",
    type=click.Choice(["svm", "svm_rbf", "rocchio", "nearest_positive"]),
    help="What learns from the marks.  [default: svm, or the session's]",
)
@click.option(
    "--metric",
    type=click.Choice(["euclidean", "hamming"]),
    help="Features, or codes.  [default: euclidean, or the session's]",
)
@click.option(
    "--session",
    type=click.Path(path_type=Path),
    help="Write every round to this file as it comes; one that is there is continued.",
)
@click.option(
    "--montage",
    default="feedback.png",
    show_default=True,
    help="The picture to draw, again each round; 'none' draws none.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    help="Of the images the SVM presumes irrelevant.  [default: 0, or the session's]",
)
@click.option("--threads", type=int, help="Threads that rank.  [default: all cores]")
@options.BACKEND
def feedback(
    query: str,
    codes: Path | None,
    runs: Path,
    top: int,
    method: str | None,
    metric: Literal["euclidean", "hamming"] | None,
    session: Path | None,
    montage: str,
    seed: int | None,
    threads: int | None,
    backend: str | None,
) -> None:
    """Find images like QUERY, mark results by their numbers, and rank again.

    QUERY is an image file, or the key of an image already hashed. At the prompt, +3 -5 7 marks
    results 3 and 7 relevant and 5 irrelevant; ? lists the rest. Lines may be piped in.

    \b
    Examples:
      aehash feedback photo.jpg
      aehash feedback test/7 --session seven.jsonl
      aehash feedback test/7 --method rocchio --metric hamming --montage none
    """
    from aehash import workflow

    if Path(query).is_file():  # only an image needs the net
        from aehash import backend as keras_backend

        keras_backend.configure(backend)
    opened = workflow.feedback(
        query,
        codes=codes,
        runs=runs,
        top=top,
        method=method,
        metric=metric,
        seed=seed,
        session=session,
        montage=None if montage == "none" else Path(montage),
        threads=threads,
    )
    try:
        _talk(opened)
    except KeyboardInterrupt:
        click.echo()
        _end(opened.desk)
        raise click.Abort from None
    finally:
        opened.desk.close()


def _talk(opened: "Opened") -> None:
    """Show results and follow what is typed, until it ends."""
    desk = opened.desk
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # what is no text is no command either
    for note in opened.notes:
        options.say(note)
    options.say(f"query  {_printable(desk.query.name)}  {_printable(desk.query.label)}".rstrip())
    options.say(f"codes  {desk.folder}")
    if not _show(opened):
        options.say("The images are not at hand, so no picture is drawn.")
    click.echo("Mark results, such as +3 -5 7; ? lists what else can be typed.")
    while (text := _ask(f"round {desk.session.round}> ")) is not None:
        try:
            line = understood(text)
            if line.command == "quit":
                break
            _follow(opened, line)
        except AehashError as error:  # a file that cannot be written ends no session either
            options.say(str(error))
    _end(desk)
    if desk.file is not None and desk.unwritten:
        raise AehashError(f"{desk.file.path} lacks the last of the rounds.")


def _follow(opened: "Opened", line: Line) -> None:
    desk = opened.desk
    if line.command == "help":
        click.echo(_HELP)
    elif line.command == "write":
        path = desk.write(_path(line.file) if line.file else None)
        options.say(f"wrote  {path}; {desk.where}")
    elif line.command != "nothing":
        try:
            if line.command == "marks":
                desk.mark(line.relevant, line.irrelevant)
            elif line.command == "undo":
                desk.undo()
            else:
                desk.next_page()
        except UsageError:
            raise
        except AehashError as error:
            options.say(f"{error} w tries again, w FILE writes all rounds elsewhere.")
        _show(opened)


def _path(typed: str) -> Path:
    try:
        return Path(typed).expanduser()
    except RuntimeError:
        raise UsageError(f"There is no home for {typed!r}: write the folder out.") from None


def _show(opened: "Opened") -> bool:
    """Print the page and draw it; tell whether its images are at hand."""
    desk = opened.desk
    page, marks = desk.page(), desk.session.marks
    if len(marks):
        counts = f"{len(marks.relevant)} relevant, {len(marks.irrelevant)} irrelevant"
        options.say(f"round {desk.session.round}: {counts} so far; the best of the others:")
    if not page:
        click.echo("Every image is marked." if len(marks) else "There is no other image.")
        return True
    keys = [_printable(result.key) for result in page]
    width = max(map(len, keys))
    click.echo(f"{'no.':>4}  {'key':{width}}  {desk.measure:>8}  label")
    for result, key in zip(page, keys, strict=True):
        value, label = _value(result, desk), _printable(result.label)
        click.echo(f"{result.number:4d}  {key:{width}}  {value:>8}  {label}".rstrip())
    return _draw(opened, page)


def _value(result: "Result", desk: "Desk") -> str:
    if desk.measure == "score":
        return f"{result.value:+.4f}"
    return f"{result.value:.0f}" if result.value == int(result.value) else f"{result.value:.4f}"


def _printable(text: str) -> str:
    """Write what would break a line or steer the terminal as escapes."""
    shown = click.format_filename(text)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)


def _draw(opened: "Opened", page: list["Result"]) -> bool:
    """Draw the page; a picture that cannot be written does not end the session."""
    if opened.album is None:
        return True
    try:
        drawn = opened.album.draw(opened.desk, page)
    except OSError as error:
        options.say(f"{opened.album.path} was not drawn ({error.strerror or error}).")
        return True
    if drawn:
        options.say(f"see    {opened.album.path}")
    return drawn


def _end(desk: "Desk") -> None:
    """Say where the session is."""
    if desk.file is not None and not desk.unwritten:
        options.say(f"{desk.where}. Go on with: --session {desk.file.path}")
    elif desk.unwritten:
        count = desk.unwritten
        options.say(
            f"{count} round{'s' * (count != 1)} not written; --session FILE, or w before the end, "
            "would have kept them."
        )


def _ask(prompt: str) -> str | None:
    """Read a line, from a person or a pipe; None at the end.

    What comes from a pipe is printed behind the prompt, so that the output reads the same.
    """
    if sys.stdin is None:  # closed before the start
        return None
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - makes input() edit lines and remember them
        try:
            return input(prompt)
        except EOFError:
            click.echo()
            return None
    click.echo(prompt, nl=False)
    text = sys.stdin.readline()
    click.echo(text.rstrip("\n"))
    return text or None
