"""
From a model to its motifs
==========================

Discover the motifs that a network has learned, and compare them with those that were planted.
"""

import matplotlib.pyplot as plt

from skgenomics import CNNClassifier
from skgenomics.datasets import make_motif_classification
from skgenomics.inspection import SequenceLogoDisplay, discover_motifs, match_motifs
from skgenomics.motifs import Motif

data = make_motif_classification(600, 40, motifs=["TGACGTCAT"], random_state=0)
model = CNNClassifier(n_filters=16, max_iter=10, random_state=0).fit(data.X, data.y)

# %%
# Motifs are clusters of positions with large contributions.
found = discover_motifs(model, data.X, random_state=0)
planted = Motif("planted", data.motifs[0])
matches = match_motifs(found, [planted])
print(matches)

# %%
# The planted motif above, the discovered one below, on the strand that matches.
discovered = found[0].reverse_complement() if matches.loc[0, "strand"] == "-" else found[0]
figure, axes = plt.subplots(2, 1, figsize=(6, 4), layout="constrained")
for motif, title, ax in zip([planted, discovered], ["planted", "discovered"], axes, strict=True):
    SequenceLogoDisplay.from_motif(motif, ax=ax)
    ax.set_title(title)
