# %% [markdown]
# # air2023: very deep autoencoders, and marks that teach a ranking
#
# An and co-authors (2023) train autoencoders of 10 to 60 layers with shortcuts on CIFAR-100, rank
# by the Euclidean distance of 128 numbers, and then by an SVM on what a person marks. Both
# figures are pictures only in the paper; what its text says of them is held against what comes
# out here. `docs/air2023.md` has the rest.

# %%
import tempfile
from pathlib import Path

from aehash import models
from aehash.experiments import air2023_figure3, air2023_figure4
from aehash.experiments.air2023_sizes import Size
from aehash.experiments.reproduce import paper_numbers
from aehash.experiments.reproduce.data import choose
from aehash.experiments.reproduce.run import job_of
from aehash.experiments.reproduce.showing import show_kept, show_study
from aehash.recipe import TrainRecipe

folder = Path(tempfile.mkdtemp(prefix="aehash-air2023-"))
job = job_of("air2023/figure3", folder, "fast", say=print)
choice = choose(job, "cifar100", ("cifar100_20k.npz", "digits"))
print(
    choice.obstacle("CIFAR-100, which needs cifar-100-binary.tar.gz in $AEHASH_DATA") or "As meant."
)

# %% [markdown]
# ## The nets
# Five configurations of the same depth: with or without pooling, and without shortcuts, with
# symmetric ones (each layer to its mirror), or with asymmetric ones (the first layer to later
# ones).

# %%
for configuration in paper_numbers("air2023/figure3").rows:
    model = models.build("air2023", configuration=configuration, depth=10, image_size=32)
    sums = sum(layer.name.startswith(("encoder_add", "decoder_add")) for layer in model.layers)
    print(f"{configuration:28} {model.count_params():>10,} parameters, {sums} shortcuts")

# %% [markdown]
# ## Figure 3: mAP by depth and configuration
# Very small: two depths, four filters a layer, few images of each class. The dotted line is
# chance.

# %%
train = TrainRecipe(epochs=1, batch_size=25, optimizer="sgd", learning_rate=0.1)
size = Size(
    filters=4,
    train=train,
    learn=5,
    held_out=1,
    database=20,
    queries=2,
    feedback_queries=2,
    depths=(6, 10),
    seeds={6: 1, 10: 1},
    feedback_depth=10,
)
order = job.order(choice.spec)
show_study(air2023_figure3, order, size)

# %% [markdown]
# ## Figure 4: mAP by round of feedback
# Three rounds of twenty marks. The whole list, as in the paper, is led by the marked images;
# beside it stands the list without them, which shows what was learned.

# %%
show_study(air2023_figure4, order, size)

# %% [markdown]
# ## The same, as kept
# All depths, with eight filters a layer and up to three seeds: half an hour on two cores.

# %%
show_kept("air2023_figure3")
show_kept("air2023_figure4")

# %% [markdown]
# ## What the paper says of its figures

# %%
for name in ("air2023/figure3", "air2023/figure4"):
    for claim, words in paper_numbers(name).claims.items():
        print(f"{name}: {claim}: “{words}”")
