"""The form of an experiment."""

from dataclasses import dataclass

from aehash.recipe import Recipe


@dataclass(frozen=True)
class Experiment:
    """A recipe with what a person wants to know before running it.

    Attributes:
        recipe: What is run.
        about: One sentence: what it shows, and which paper's table or figure it stands for.
        cost: What it takes, on which machine.
    """

    recipe: Recipe
    about: str
    cost: str
