"""The nets that air2023's studies are made of, by name."""

from dataclasses import dataclass

from aehash.recipe import ModelRecipe

#: The paper's five configurations, in its order, by their names in ``aehash.models.air2023``.
CONFIGURATIONS = (
    "classic",
    "shortcut_symmetric",
    "nopool_shortcut_symmetric",
    "shortcut",
    "nopool_shortcut",
)
#: What a pass over a net without pooling takes, against one with it (measured).
_NO_POOLING = 2.0


@dataclass(frozen=True)
class Net:
    """One net of a study.

    Attributes:
        configuration: One of :data:`CONFIGURATIONS`, or ``sscair``.
        depth: Of AIR's nets; 0 for SSCAIR, which has one only.
        seed: Of the training.
    """

    configuration: str
    depth: int
    seed: int

    @property
    def name(self) -> str:
        """Its folder."""
        return f"{self.configuration}-{self.depth}-seed{self.seed}"

    @property
    def cost(self) -> float:
        """What it takes, in no unit, to say how much time is left."""
        return (self.depth + 8) * (_NO_POOLING if self.configuration.startswith("nopool") else 1)

    def model(self, filters: int) -> ModelRecipe:
        """Describe it.

        Args:
            filters: Of every layer, where it is one of AIR's.

        Returns:
            The recipe's part.
        """
        if self.configuration == "sscair":
            return ModelRecipe("sscair", bits=None)
        options = {"configuration": self.configuration, "depth": self.depth, "filters": filters}
        return ModelRecipe("air2023", bits=None, options=options)
