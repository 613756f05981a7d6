"""Judge queries by class, without all the rest of an evaluation's report."""

from collections.abc import Callable, Sequence

from aehash.codebook import Codebook
from aehash.errors import AehashError
from aehash.metrics.average_precision import Depth
from aehash.metrics.class_table import ByClass
from aehash.metrics.evaluation import evaluate
from aehash.metrics.protocol import ExcludeSelf, Metric, Ties


def by_class(
    database: Codebook,
    queries: Codebook,
    metric: Metric = "euclidean",
    ks: Sequence[Depth] = (20, 40, 60, 80, 100),
    *,
    ties: Ties = "expected",
    exclude_self: ExcludeSelf = "auto",
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> ByClass:
    """Rank the database for every query, and judge precision, recall and the majority by class.

    Args:
        database: What is searched; one label an item.
        queries: What is asked; one label each.
        metric: ``euclidean`` or ``cosine`` over features, or ``hamming`` over codes.
        ks: Cuts.
        ties: ``expected`` or ``database``.
        exclude_self: As `aehash.metrics.evaluate` has it.
        threads: How many; by default one for each core. The results do not depend on it.
        progress: Called with the number of queries done, block by block.

    Returns:
        Rows by class, their macro and micro means, and the confusion matrices.

    Raises:
        UsageError: The codebooks do not belong together, labels or features are missing, an item
            has several labels, or a convention is unknown.
    """
    found = evaluate(
        database,
        queries,
        metric=metric,
        ks=ks,
        ties=ties,
        exclude_self=exclude_self,
        threads=threads,
        progress=progress,
        by_class=True,
    )
    if found.by_class is None:
        raise AehashError("The evaluation came back without rows by class.")
    return found.by_class
