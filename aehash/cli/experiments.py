"""``aehash experiments``."""

import click


@click.command(short_help="List the experiments that can be trained by name.")
def experiments() -> None:
    """List the experiments: what each shows and what it costs.

    \b
    Examples:
      aehash experiments
      aehash train --experiment vinitha2021_mnist
    """
    from aehash import registry

    for name in registry.experiment_names():
        found = registry.experiment(name)
        click.echo(f"{name}\n    {found.about}\n    {found.cost}")
