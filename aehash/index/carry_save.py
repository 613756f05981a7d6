"""Adding many bit planes: the order of the full adders, whatever carries them out.

A full adder takes three planes of equal weight to one of that weight (their exclusive or) and one
of twice the weight (their majority). Planes wait by weight until there are three. (Harley and
Seal's counter; Mula, Kurz and Lemire, "Faster population counts using AVX2 instructions", 2018.)
"""

from collections.abc import Callable
from typing import Generic, TypeVar

P = TypeVar("P")


def digits(bits: int) -> int:
    """Count the binary digits of a distance between codes of so many bits."""
    return bits.bit_length()


class CarrySave(Generic[P]):
    """A sum of planes.

    Args:
        full: Adds three planes: the sum, and the carry of twice its weight.
        half: Adds two.
    """

    def __init__(
        self, full: Callable[[P, P, P], tuple[P, P]], half: Callable[[P, P], tuple[P, P]]
    ) -> None:
        self._full = full
        self._half = half
        self._waiting: dict[int, list[P]] = {}

    def add(self, weight: int, plane: P) -> None:
        """Add a plane.

        Args:
            weight: Its weight's binary logarithm.
            plane: The plane.
        """
        waiting = self._waiting.setdefault(weight, [])
        waiting.append(plane)
        if len(waiting) == 3:
            total, carry = self._full(*waiting)
            self._waiting[weight] = [total]
            self.add(weight + 1, carry)

    def finish(self, count: int) -> list[P | None]:
        """Give the sum's binary digits.

        Args:
            count: How many, besides the carry out of them.

        Returns:
            ``count + 1`` planes, the lowest digit first; None where there is only zero.
        """
        for weight in range(count):
            waiting = self._waiting.get(weight, [])
            if len(waiting) == 2:
                total, carry = self._half(*waiting)
                self._waiting[weight] = [total]
                self.add(weight + 1, carry)
        return [self._waiting.get(weight, [None])[0] for weight in range(count + 1)]
