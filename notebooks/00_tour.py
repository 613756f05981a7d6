# %% [markdown]
# # A tour: from images to codes to honest numbers
#
# This notebook is text, `00_tour.py`: open it in Jupyter through jupytext, in an editor that knows
# `# %%` cells, or run it with `python notebooks/00_tour.py`. `00_tour.ipynb` beside it is the same
# with what came out. It trains on scikit-learn's digits, which need no download, and writes into a
# temporary folder.

# %%
import tempfile
from pathlib import Path

from IPython.display import Image, display

from aehash import workflow
from aehash.codebook import Codebook
from aehash.index import HammingIndex
from aehash.metrics import compare
from aehash.metrics.protocol import Protocol
from aehash.metrics.protocols import named_protocol
from aehash.report import render
from aehash.report.comparison import render_comparison

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
display(Image(filename=snapshot.path / "reconstructions.png", width=640))

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
display(Image(filename=judged.folder / "retrieval.png", width=640))

# %% [markdown]
# What do the bits cost? The same queries are drawn again for both rankings, so that what makes a
# query hard for both cancels. Two runs are compared by `workflow.compare_evaluations(run, other)`.

# %%
names = "Hamming, whole ranking", "Euclidean (features)"
bits, floats = (judged.evaluations[name] for name in names)
print(render_comparison(compare(bits, floats), names=names))

# %% [markdown]
# Others' protocols have names, and each says where its facts stand. Where the data is not what the
# protocol is defined on, the report says so.

# %%
trec = named_protocol("trec")
print(trec.about, trec.sources)
replayed = workflow.evaluate_codes(
    trec.conventions, name=trec.name, run=snapshot.path, out=folder / "trec"
)
print(next(iter(replayed.evaluations.values())).metrics[trec.headline])

# %% [markdown]
# ## Search
# An index holds codes, with keys and labels if wanted, in memory or on disk.

# %%
index = HammingIndex.from_codes(database.codes, database.bits, database.keys, database.labels)
index.save(folder / "digits.index")
index = HammingIndex.open(folder / "digits.index")
asked = Codebook.load(codes / "test").codes[:2]
print(index.search(asked, k=5).distances)
print(index.search(asked, k=5, label=7).indices)
print(index.within(asked, radius=4).of(0))

# %% [markdown]
# Or, from codes to pictures: by a file, or by the key of an image that is hashed already.

# %%
query = Codebook.load(codes / "test").key(0)
found = workflow.search(query, codes=codes, top=5, montage=folder / "search.png")
for hit in found.hits:
    print(hit.rank, hit.key, f"{hit.distance:g} bits", "label", hit.label)
display(Image(filename=found.montage, width=640))
print("Pictures:", sorted(path.name for path in judged.folder.glob("*.png")))
