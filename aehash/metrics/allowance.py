"""How much NumPy does before a kernel is worth its loading."""

import os

from aehash.jit import VARIABLE


class Allowance:
    """Work that NumPy may do in this process, where a kernel would give the same result.

    To load a kernel, and numba before it, takes as long as NumPy needs for a few million pairs;
    to compile it, ten times as long. So the first small pieces of work are NumPy's, and once they
    add up to what loading costs, or a large one comes, the kernel does all that follows.

    Args:
        work: How much, in whatever unit the work is counted.
    """

    def __init__(self, work: int) -> None:
        self._left = work

    def covers(self, work: int) -> bool:
        """Spend some of it.

        Args:
            work: How much is to be done now.

        Returns:
            Whether NumPy is to do it; never where ``AEHASH_KERNELS`` names the kernels.
        """
        if os.environ.get(VARIABLE):
            return False
        covered = work <= self._left
        self._left = self._left - work if covered else 0
        return covered
