"""What can be run by name: one short file an experiment, each with its recipe, cost and source."""

if __name__ != "aehash.experiments":
    raise ImportError("Install aehash and import aehash.experiments, not the folder experiments.")
