"""
Variants that destroy a splice site
===================================

A network that labels donors and acceptors position by position scores the variants of a genome, as
SpliceAI does: ``DS_DL`` is the largest loss of the probability of a donor near the variant.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from skgenomics import SequenceLabeler
from skgenomics.datasets import make_splice
from skgenomics.genome import score_variants

data = make_splice(4000, 100, max_introns=1, random_state=0)
settings = {"n_filters": (32, 32), "kernel_size": 9}
labeler = SequenceLabeler(network="cnn", network_params=settings, max_iter=12, random_state=0)
labeler.fit(data.X, data.y)

# %%
# All substitutions around a donor with the consensus CAG|GTGAGT, in a gene that the network has not
# seen.
genes = make_splice(10, 400, max_introns=1, random_state=1)
donors = genes.instances.query("motif == 0")
row, donor = donors[["row", "site"]].iloc[4]
gene = genes.X[row]
variants = pd.DataFrame(
    [
        ("gene", i + 1, gene[i], base)
        for i in range(donor - 12, donor + 14)
        for base in "ACGT"
        if base != gene[i]
    ],
    columns=["chrom", "pos", "ref", "alt"],
)
with tempfile.TemporaryDirectory() as folder:
    fasta = Path(folder) / "genome.fa"
    fasta.write_text(f">gene\n{gene}\n")
    scores = score_variants(labeler, variants, fasta)

# %%
# The donor is lost without its GT, and weakened by other substitutions of the consensus MAG|GTRAGT,
# but not by A in place of G where the consensus has R.
figure, axes = plt.subplots(figsize=(7, 3.5))
for base, marker in zip("ACGT", "osD^", strict=True):
    chosen = scores.query("alt_allele == @base")
    axes.plot(chosen["pos"] - 1 - donor, chosen["DS_DL"], marker, label=f"to {base}", linestyle="")
axes.axvline(-0.5, color="black", linestyle="--")
axes.axvspan(-12.5, -0.5, color="gray", alpha=0.2, label="exon")
axes.set_xticks(range(-12, 14), gene[donor - 12 : donor + 14])
axes.set(
    xlabel="reference sequence", ylabel="donor loss (DS_DL)", xlim=(-12.5, 13.5), ylim=(-0.05, 1)
)
axes.legend(loc="upper right")
