"""Whitening of descriptors: what is learned, from which pairs, and as the end of a snapshot."""

from aehash.whitening.learning import Kind, Whitening, learn_whitening, pca_whitening

__all__ = ["Kind", "Whitening", "learn_whitening", "pca_whitening"]
