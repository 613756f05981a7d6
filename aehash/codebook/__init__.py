"""Codebooks: codes, features, labels and keys of a set of images on disk, with a manifest."""

from aehash.codebook.book import Codebook, default_keys

__all__ = ["Codebook", "default_keys"]
