# %% [markdown]
# # gem2023: one descriptor for a photo
#
# Dang and co-authors (2023) find photos of the same building by a pretrained net, GeM pooling and
# a learned whitening. Oxford5k and Paris6k are not part of this project: where their images or
# the nets are not at hand, photographs of Caltech's classes take their place (`caltech_half`,
# with MobileNet's weights, in `$AEHASH_DATA`), and where those are not either, the report says
# what is missing. `docs/gem2023.md` has the rest.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from aehash.experiments.reproduce import paper_numbers
from aehash.experiments.reproduce.showing import show, show_kept
from aehash.models.pooling import GeM
from aehash.whitening import learn_whitening, pca_whitening

folder = Path(tempfile.mkdtemp(prefix="aehash-gem2023-"))

# %% [markdown]
# ## GeM pooling
# One number a map: at p = 1 the average, at large p the maximum. Here a map of sixteen places
# with one bright spot.

# %%
maps = np.full((1, 4, 4, 1), 0.1, np.float32)
maps[0, 1, 2, 0] = 1.0
for p in (1.0, 3.0, 10.0, 100.0):
    print(f"p = {p:5g}: {np.asarray(GeM(p)(maps)).item():.4f}")

# %% [markdown]
# ## Whitening
# Points of five classes: what varies most here says nothing of the class. PCA whitening divides
# by what varies at all; learned whitening by what varies between points that match.

# %%
rng = np.random.default_rng(0)
labels = np.repeat(np.arange(5), 60)
points = rng.normal(size=(5, 2))[labels] * [1, 0.3] + rng.normal(size=(300, 2)) * [0.1, 3]
first, second = rng.integers(0, 300, (2, 20_000))
pairs = np.stack([first, second], axis=1)[(labels[first] == labels[second]) & (first != second)]
figure, panels = plt.subplots(1, 3, figsize=(9, 3))
panels[0].scatter(*points.T, c=labels, s=6, cmap="tab10")
panels[0].set_title("as they are")
learned = {"PCA": pca_whitening(points), "learned from pairs": learn_whitening(points, pairs)}
for panel, (title, whitening) in zip(panels[1:], learned.items(), strict=True):
    kernel, bias = whitening.as_dense()
    panel.scatter(*(points @ kernel + bias).T, c=labels, s=6, cmap="tab10")
    panel.set_title(title)
for panel in panels:
    panel.set_aspect("equal", adjustable="datalim")
plt.show()

# %% [markdown]
# ## Tables 1 and 2
# What the paper prints, and what is missing here. On a stand-in the numbers are not to be
# compared, and each row says so.

# %%
table1 = show("gem2023/table1", folder, pictures=["report.png", "gem2023_caltech.png"])
table2 = paper_numbers("gem2023/table2")
for net, values in table2.rows.items():
    print(net, dict(zip(table2.columns, values, strict=True)))

# %% [markdown]
# ## What each stage is worth
# On Caltech's photographs, classes that no training saw, three seeds: half an hour on two cores.

# %%
show_kept("gem2023_caltech")

# %% [markdown]
# The demo of the paper's Figures 6 to 9 – upload, crop, choose how many come back – is `aehash
# serve`; `aehash reproduce gem2023/demo` asks it for what they show.
