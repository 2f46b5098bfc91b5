"""
The footprint of a motif in predicted profiles
==============================================

A network learns counts along the sequence, such as those of DNase-seq. Embedding a motif in random
sequences then shows what the network has learned about the motif alone: accessible flanks, and
protected bases under the bound protein.
"""

import matplotlib.pyplot as plt
import numpy as np

from skgenomics import ProfileRegressor
from skgenomics.datasets import make_profiles
from skgenomics.inspection import marginalize
from skgenomics.sequences import encode

MOTIF, LENGTH = "GGGACTTTCC", 120
data = make_profiles(600, LENGTH, motifs=[MOTIF], effects=[8], random_state=0)
model = ProfileRegressor(max_iter=10, random_state=0).fit(data.X, data.y)

# %%
# ``marginalize`` averages the effect of the motif over random backgrounds. For profiles it is the
# difference of the logarithms of the total count.
result = marginalize(model, MOTIF, n_backgrounds=200, random_state=0)
fold_change = np.exp(result.table["effect"][0])

# %%
# The same backgrounds with and without the motif give the mean profiles. The dashed line has the
# expected counts of the simulation.
start = (LENGTH - len(MOTIF)) // 2
planted = result.backgrounds.copy()
planted[:, start : start + len(MOTIF)] = encode([MOTIF])
offsets = np.arange(LENGTH) - start - (len(MOTIF) - 1) / 2
figure, axes = plt.subplots(figsize=(6, 3.5))
for name, sequences in {"with the motif": planted, "without": result.backgrounds}.items():
    axes.step(offsets, model.predict(sequences).mean(axis=0), where="mid", label=name)
is_protected = abs(offsets) < len(MOTIF) / 2
expected = 0.5 + np.where(is_protected, 0, 8 * np.exp(-0.5 * (offsets / 15) ** 2))
axes.step(offsets, expected, "k--", where="mid", linewidth=1, label="expected")
axes.axvspan(-len(MOTIF) / 2, len(MOTIF) / 2, color="gray", alpha=0.2, label="motif")
axes.set(
    xlabel="distance from the center of the motif (bp)",
    ylabel="mean predicted counts",
    title=f"{MOTIF}: {fold_change:.1f} times the total count",
)
axes.legend()
