# %% [markdown]
# # A tour: from images to codes to honest numbers
#
# This notebook is text: open it in Jupyter through jupytext, in an editor that knows `# %%` cells,
# or run it with `python notebooks/00_tour.py`. It trains on scikit-learn's digits, which need no
# download, and writes into a temporary folder.

# %%
import tempfile
from pathlib import Path

from aehash import workflow
from aehash.codebook import Codebook
from aehash.metrics.protocol import Protocol
from aehash.report import render

folder = Path(tempfile.mkdtemp(prefix="aehash-tour-"))

# %% [markdown]
# ## Train
# A recipe is frozen and typed; a misspelt field is an error that names the nearest one.

# %%
recipe = workflow.make_recipe(bits=32, settings=["train.epochs=10"])
snapshot = workflow.train(recipe, runs=folder / "runs", say=print)

# %% [markdown]
# The snapshot's folder holds the model, its recipe, the loss curve and a grid of reconstructions.

# %%
print(sorted(path.name for path in snapshot.path.iterdir()))

# %% [markdown]
# ## Extract
# One codebook a split: packed codes, the features they come from, labels, keys, and a manifest.

# %%
codes = workflow.extract(snapshot.path, say=print).folder
database = Codebook.load(codes / "train")
print(database.codes.shape, database.codes.dtype, database.bits, database.key(0))

# %% [markdown]
# ## Evaluate
# Conventions, chance and collapse stand beside every number.

# %%
judged = workflow.evaluate_codes(Protocol(radius=4), run=snapshot.path, say=print)
print(render(judged.evaluations))

# %% [markdown]
# ## Search
# By a file, or by the key of an image that is hashed already.

# %%
query = Codebook.load(codes / "test").key(0)
found = workflow.search(query, codes=codes, top=5, montage=folder / "search.png")
for hit in found.hits:
    print(hit.rank, hit.key, f"{hit.distance:g} bits", "label", hit.label)
print("Pictures:", found.montage, judged.folder)
