# %% [markdown]
# # vinitha2021: a small autoencoder of digits
#
# Vinitha and Velantina (2021) rebuild MNIST's digits and show the neighbours of a 9 by the
# Euclidean distance of 16 latent numbers. The paper has pictures only; here the error of the
# reconstructions and the precision of the neighbours stand beside. Where `mnist.npz` is not at
# hand, in `$AEHASH_DATA` or the cache, scikit-learn's digits take its place.
# `docs/vinitha2021.md` has the rest.

# %%
import tempfile
from pathlib import Path

from aehash import models
from aehash.experiments.reproduce.showing import show

folder = Path(tempfile.mkdtemp(prefix="aehash-vinitha2021-"))

# %% [markdown]
# ## The net

# %%
model = models.build("vinitha2021", image_size=28)
for layer in model.layers:
    print(f"{layer.name:20} {layer.output.shape!s:22} {layer.count_params():>8,}")

# %% [markdown]
# ## Figure 5: digits and their reconstructions
# Above the digits, below what the net makes of their 16 numbers.

# %%
figure5 = show("vinitha2021/figure5", folder)

# %% [markdown]
# ## Figure 6: a 9 and its neighbours
# The query is on the left; a frame says whether a neighbour is a 9 too.

# %%
figure6 = show("vinitha2021/figure6", folder)
