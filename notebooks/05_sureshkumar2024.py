# %% [markdown]
# # sureshkumar2024: an autoencoder of medical images
#
# Suresh Kumar and Vigila (2024) keep 48 numbers of a medical image and retrieve by their
# Euclidean distance. Their images are private: RetinaMNIST (`retinamnist.npz`, in `$AEHASH_DATA`
# or the cache) takes their place, and where it is not at hand, scikit-learn's digits.
# `docs/sureshkumar2024.md` and `docs/medical.md` have the rest.

# %%
import tempfile
from pathlib import Path

from aehash.experiments import sureshkumar2024_table1
from aehash.experiments.reproduce import paper_numbers
from aehash.experiments.reproduce.data import choose
from aehash.experiments.reproduce.run import job_of
from aehash.experiments.reproduce.showing import show_kept, show_study
from aehash.experiments.sureshkumar2024_sizes import Size

folder = Path(tempfile.mkdtemp(prefix="aehash-sureshkumar2024-"))
job = job_of("sureshkumar2024/table1", folder, "fast", say=print)
choice = choose(job, "", ("retinamnist", "digits"))
print(choice.obstacle("the paper's images, which are not published"))

# %% [markdown]
# ## Table I: accuracy, precision and recall at 20 to 100 retrieved
# As printed, with the sum that shows what the paper's recall cannot be. By its definition, hits/M,
# the relevant images in the database are M = n · precision / recall; that is about n in each row.

# %%
table = paper_numbers("sureshkumar2024/table1")
print(f"{'':16}", *table.columns, "M", sep="  ")
for row, values in table.rows.items():
    shares = dict(zip(table.columns, values, strict=True))
    relevant = int(row.split()[0]) * shares["precision"] / shares["recall"]
    print(f"{row:16}", *(f"{each:8.4f}" for each in values), f"{relevant:6.1f}")

# %% [markdown]
# The same here, after one pass over the training images: accuracy is the share of queries whose
# majority label among the first n is right, recall the textbook's, and chance stands beside.

# %%
show_study(sureshkumar2024_table1, job.order(choice.spec), Size(seen=1, seeds=1, side=32))

# %% [markdown]
# ## The same, as kept
# Scans of five modalities, three seeds: half an hour on two cores. Table I and Figure 11, queries
# with the five images retrieved for each; then Figures 7 and 8, loss and accuracy by epoch; then
# Table II, the same autoencoder behind other encoders.

# %%
show_kept(
    "sureshkumar2024_table1_modalities", pictures=["sureshkumar2024_retrieval_modalities.png"]
)
show_kept("sureshkumar2024_figures_modalities")
show_kept("sureshkumar2024_table2_modalities", pictures=["sureshkumar2024_map_modalities.png"])
