"""Counts and times for Prometheus."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """A server's own counts: two servers in one process do not share them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "aehash_requests",
            "Requests answered.",
            ["operation", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "aehash_request_seconds",
            "Time to answer a request.",
            ["operation"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._stages = Histogram(
            "aehash_stage_seconds",
            "Time of a part of the work.",
            ["stage"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._rows = Gauge(
            "aehash_codebook_rows", "Rows of a codebook.", ["codebook"], registry=self._registry
        )
        self._ready = Gauge(
            "aehash_model_ready",
            "1 where new images can be hashed.",
            ["codebook"],
            registry=self._registry,
        )

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            operation: Its name.
            status: Of the answer.
            seconds: How long it took.
        """
        self._requests.labels(operation, str(status)).inc()
        self._seconds.labels(operation).observe(seconds)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a part of the work.

        Args:
            name: ``decode``, ``net`` or ``search``.
        """
        with self._stages.labels(name).time():
            yield

    def text(self, books: Any) -> bytes:
        """Write all of it in Prometheus's form.

        Args:
            books: The codebooks.

        Returns:
            The text.
        """
        for each in books:
            self._rows.labels(each.name).set(len(each))
            self._ready.labels(each.name).set(each.state == "ready")
        found: bytes = generate_latest(self._registry)
        return found
