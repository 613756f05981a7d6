"""Features made ready to be ranked: by Euclidean distance, or by the cosine seen from the mean."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aehash.covariance import Floats, centred, mean_of, rows_of
from aehash.index.checks import check_queries
from aehash.index.euclidean import EuclideanIndex
from aehash.metrics.protocol import Metric


@dataclass(frozen=True, eq=False)
class FeatureSearch:
    """A database's features, and what is done to those of a query before they are compared.

    Attributes:
        index: The database; by ``cosine`` it holds directions, and ranks by inner product.
        mean: ``(d,)`` float64, the database's; None but by ``cosine``.
    """

    index: EuclideanIndex
    mean: Floats | None

    @classmethod
    def of(cls, features: NDArray[np.float32], metric: Metric) -> Self:
        """Make features ready.

        Args:
            features: ``(n, d)`` float32, finite, n above 0; may be memory-mapped. By ``cosine``
                a second table as large is made in memory.
            metric: ``euclidean`` or ``cosine``.

        Returns:
            What can be searched.

        Raises:
            AehashError: They hold NaN or infinity.
        """
        if metric != "cosine":
            return cls(EuclideanIndex.from_features(features), None)
        mean = mean_of(rows_of(features, least=1))
        seen = directions(features, mean)
        return cls(EuclideanIndex.from_features(seen, metric="inner_product"), mean)

    def asked(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Make the features of queries ready.

        Args:
            features: ``(q, d)`` float32.

        Returns:
            ``(q, d)``, to be searched for in ``index``.

        Raises:
            AehashError: One holds NaN or infinity.
        """
        if self.mean is None:
            return features
        return directions(check_queries(np.asarray(features)), self.mean)


def directions(features: NDArray[np.float32], mean: Floats) -> NDArray[np.float32]:
    """See features from a mean, and bring each to length 1.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped.
        mean: ``(d,)``.

    Returns:
        ``(n, d)`` float32; a row that is the mean itself has no direction and stays 0, so that
        its cosine with every other is 0.
    """
    result = np.empty(features.shape, np.float32)
    for start, block in centred(features, mean):
        norms = np.sqrt(np.einsum("ij,ij->i", block, block))
        result[start : start + len(block)] = block / np.where(norms > 0, norms, 1.0)[:, None]
    return result
