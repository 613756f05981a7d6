"""What names an evaluation's queries and database items: keys, labels and their digests."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook


@dataclass(frozen=True, eq=False)
class Rows:
    """A codebook's rows by name; digests are made when they are first asked for.

    Attributes:
        keys: ``(n,)`` of type ``S<w>``, distinct.
        labels: ``(n,)`` class numbers or ``(n, classes)`` multi-hot, or none.
    """

    keys: NDArray[np.bytes_]
    labels: NDArray[Any] | None

    @classmethod
    def of(cls, book: Codebook) -> "Rows":
        """Take them from a codebook.

        Args:
            book: Any.

        Returns:
            Its keys and labels, not copied.
        """
        return cls(book.keys, book.labels)

    @cached_property
    def digest(self) -> str:
        """Digest keys and labels, whatever the rows' order: 64 hexadecimal digits."""
        width = max(1, int(np.strings.str_len(self.keys).max(initial=0)))
        digest = hashlib.sha256(np.asarray(self.keys, f"S{width}")[self._sorted].tobytes())
        if self.labels is not None:
            labels = np.asarray(self.labels)
            digest.update(f"{labels.shape} {labels.dtype}".encode())
            digest.update(labels[self._sorted].tobytes())
        return digest.hexdigest()

    @cached_property
    def order(self) -> str:
        """Digest the rows' order by key: 64 hexadecimal digits."""
        return hashlib.sha256(np.asarray(self._sorted, "<i8").tobytes()).hexdigest()

    def same(self, other: "Rows") -> bool:
        """Tell whether both have the same keys and labels, in any order.

        Args:
            other: Other rows.

        Returns:
            Whether they are.
        """
        if self.keys is other.keys and self.labels is other.labels:
            return True
        return self.digest == other.digest

    @cached_property
    def _sorted(self) -> NDArray[np.int64]:
        return np.argsort(self.keys, kind="stable")
