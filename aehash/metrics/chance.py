"""The metrics of a uniformly random ranking, exactly, for the same labels and conventions."""

import numpy as np

from aehash.metrics.lists import Gains, TiedLists
from aehash.metrics.ties import Ints


def chance_lists(items: Ints, relevant: Ints, gains: Gains | None = None) -> TiedLists:
    """Make the lists that know nothing: all items tie.

    Cut at the number of items inside a radius, they are a random set of as many items, in
    random order.

    Args:
        items: ``(q,)`` items that each query is ranked against.
        relevant: ``(q,)`` relevant items among them.
        gains: ``(q, 1)`` each, what all of them share with the query.

    Returns:
        One group per query.
    """
    return TiedLists.from_groups(
        np.asarray(items)[:, None], np.asarray(relevant)[:, None], gains=gains
    )
