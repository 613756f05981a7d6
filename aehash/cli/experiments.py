"""``aehash experiments``."""

from pathlib import Path
from typing import Any

import click

from aehash.cli import options


@click.group(
    short_help="List recipes and studies by name; run a study.", invoke_without_command=True
)
@click.pass_context
def experiments(ctx: click.Context) -> None:
    """List what is known by name: what each shows and what it costs.

    A recipe is one net, trained with `aehash train`. A study is several nets and a figure, run
    with `aehash experiments run`.

    \b
    Examples:
      aehash experiments
      aehash train --experiment vinitha2021_mnist
      aehash experiments run air2023_figure3 --quick
    """
    if ctx.invoked_subcommand is not None:
        return
    from aehash import registry

    click.echo("recipes, for: aehash train --experiment NAME\n")
    for name in registry.experiment_names():
        recipe = registry.experiment(name)
        click.echo(f"{name}\n    {recipe.about}\n    {recipe.cost}")
    click.echo("\nstudies, for: aehash experiments run NAME\n")
    for name in registry.study_names():
        study = registry.study(name)
        click.echo(f"{name}\n    {study.about}\n    {study.cost}")


@experiments.command()
@click.argument("name")
@click.option("--data", help="A name of `aehash data list`, or a path.  [default: the study's]")
@click.option("--full", is_flag=True, help="The paper's own setting, for an accelerator.")
@click.option("--quick", is_flag=True, help="Tiny nets, only to see that it runs.")
@click.option("--seeds", type=click.IntRange(1), help="Nets of each kind.  [default: the study's]")
@click.option(
    "--weights",
    help="imagenet, a file of MobileNet 0.75's, or none, for studies that compare with pretrained "
    "nets.  [default: none]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for nets and results.  [default: one of the study's group and size in --runs]",
)
@options.RUNS
@options.BACKEND
@options.THREADS
def run(name: str, full: bool, quick: bool, out: Path | None, **given: Any) -> None:
    """Run a study: train its nets, judge them, write a JSON file and its pictures.

    Stopped or killed, it goes on where it was when the same command is given again. Studies of
    one paper share their nets, where they are run in the same folder.

    \b
    Examples:
      aehash experiments run air2023_figure3 --data cifar100
      aehash experiments run air2023_figure3 --full --backend jax
    """
    from aehash import backend, registry
    from aehash.errors import UsageError

    study = registry.study(name)
    if full and quick:
        raise UsageError("--full and --quick are two sizes of a study: give one of them.")
    if given["weights"] == "none":
        given["weights"] = None
    weights = given["weights"]
    if weights not in (None, "imagenet") and not Path(weights).is_file():
        raise UsageError(
            f"There is no weights file {weights}; give an .h5 file, imagenet, or none."
        )
    backend.configure(given["backend"], given["threads"])
    from aehash.experiments.study import Order

    size: Any = "full" if full else "quick" if quick else "reduced"
    folder = out or given["runs"] / f"{study.group}-{size}"
    command = options.typed(["aehash", "experiments", "run", name], size, given)
    order = Order(folder, given["data"], size, given["seeds"], weights, command, options.say)
    try:
        written = study.run(order)
    except KeyboardInterrupt:
        options.say(f"\nStopped. Go on with the same command; what is done stands in {folder}.")
        raise
    for path in written:
        click.echo(path)
