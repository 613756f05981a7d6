"""A codebook as one JSON file, both ways, in pieces that fit the memory."""

from aehash.json_index.reader import import_index, size_of
from aehash.json_index.writer import INDEX, export_index

__all__ = ["INDEX", "export_index", "import_index", "size_of"]
