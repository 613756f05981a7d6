"""``aehash reproduce``."""

from pathlib import Path
from typing import Any

import click

from aehash.cli import options

_WORDS = ("aehash", "reproduce")


@click.command(short_help="Set the papers' tables and figures beside what comes out here.")
@click.argument("entries", metavar="[ENTRY]…", nargs=-1)
@click.option("--list", "listed", is_flag=True, help="Say which tables and figures there are.")
@click.option("--all", "everything", is_flag=True, help="All of them, with one report of all.")
@click.option("--fast", is_flag=True, help="Small nets: minutes each on two cores.")
@click.option("--full", is_flag=True, help="The papers' own settings, for an accelerator.")
@click.option(
    "--data", help="A name of `aehash data list`, or a path, in place of the paper's data."
)
@click.option("--seeds", type=click.IntRange(1), help="Nets of each kind.  [default: the size's]")
@click.option(
    "--weights",
    help="imagenet, a file of MobileNet 0.75's, or none, where pretrained features are judged.  "
    "[default: a file at hand]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reproduction"),
    show_default=True,
    help="Folder for nets and reports.",
)
@options.BACKEND
@options.THREADS
def reproduce(
    entries: tuple[str, ...],
    listed: bool,
    everything: bool,
    fast: bool,
    full: bool,
    out: Path,
    **given: Any,
) -> None:
    """Train, extract and evaluate what a paper's table or figure shows, and compare.

    Each number of the paper stands beside ours: mean, standard deviation over seeds, interval,
    chance, and a verdict with its reason. Stopped or killed, the same command goes on where it was.

    \b
    Examples:
      aehash reproduce --list
      aehash reproduce akbacak2023/table2 --fast
      aehash reproduce sureshkumar2024/table1 --data pneumoniamnist
      aehash reproduce --all --fast
    """
    from aehash.errors import UsageError
    from aehash.experiments.reproduce.entries import entries as known
    from aehash.experiments.reproduce.entries import entry

    if listed:
        for each in known().values():
            click.echo(f"{each.numbers.name}\n    {each.numbers.title}\n    {each.how}")
            for line in (f"takes {each.cost}", *each.needs):
                click.echo(f"    {line}")
        return
    if fast and full:
        raise UsageError("--fast and --full are two sizes: give one of them.")
    if bool(entries) == everything:
        raise UsageError(
            "Name a table or figure of `aehash reproduce --list`, or give --all: one of the two."
        )
    if everything and given["data"] is not None:
        raise UsageError(
            "--data is of one paper's entries: leave it out with --all, which takes for each "
            "paper what is at hand in $AEHASH_DATA."
        )
    names = [entry(each).numbers.name for each in entries] or list(known())
    from aehash import backend

    backend.configure(given["backend"], given["threads"])
    from aehash.experiments.reproduce.run import PAGE, job_of, reproduce_all
    from aehash.experiments.reproduce.run import reproduce as measure

    size: Any = "fast" if fast else "full" if full else "reduced"
    jobs = [
        job_of(
            name,
            out,
            size,
            data=given["data"],
            weights=given["weights"],
            seeds=given["seeds"],
            command=options.typed([*_WORDS, name], size, given),
            say=options.say,
        )
        for name in names
    ]
    try:
        if len(jobs) == 1:
            measure(jobs[0])
            click.echo(jobs[0].out / PAGE)
        else:
            reproduce_all(
                jobs, out, options.typed([*_WORDS, *(entries or ("--all",))], size, given)
            )
            click.echo(out / size / PAGE)
    except KeyboardInterrupt:
        options.say(f"\nStopped. Go on with the same command; what is done stands in {out}.")
        raise
