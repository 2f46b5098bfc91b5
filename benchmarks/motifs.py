"""Recovery of motifs from models: CTCF and SPI1 from ChIP-seq peaks, and planted ones.

    python benchmarks/motifs.py

Needs `pip install "skgenomics[interpret]"` and the public data sets, see `data.py`.
"""

from __future__ import annotations

import platform
import time
import warnings
from importlib.metadata import version

import numba
import numpy as np
import pandas as pd
import torch
from data import DATA, RESULTS, find
from memelite import fimo

from skgenomics import CNNClassifier
from skgenomics.datasets import make_motif_classification
from skgenomics.inspection.attribution.attribute import attribute
from skgenomics.inspection.motifs.discovery import discover_motifs
from skgenomics.inspection.motifs.enrichment import motif_report
from skgenomics.inspection.motifs.filters import filter_motifs
from skgenomics.inspection.motifs.matching import match_motifs
from skgenomics.inspection.motifs.scanning import scan_motifs
from skgenomics.motifs import Motif, read_motifs
from skgenomics.sequences import encode, one_hot, reverse_complement

JASPAR = DATA / "motifs" / "JASPAR2024_CORE_vertebrates_non-redundant.meme"
EXPECTED = {"positive_0": "MA0080", "negative_0": "MA0139"}
OF_CLASS = {"PU1": "MA0080", "CTCF": "MA0139"}
CONSENSUS = ["TGACGTCAT", "GGGACTTTCC", "CACGTG", "AGATAAGA", "CCATATTAGG"]
METHODS = ["input_x_gradient", "deeplift"]
OUTPUT = RESULTS / "motifs.md"


def timed(way, *arguments, **settings):
    """Return the result of a call and its CPU time in seconds."""
    start = time.process_time()
    result = way(*arguments, **settings)
    return result, time.process_time() - start


def rank_of(matches: pd.DataFrame, accession: str) -> int:
    return int(matches["match"].str.startswith(accession).to_numpy().argmax()) + 1


def peaks() -> tuple[CNNClassifier, list[str], np.ndarray, str]:
    """Return a model of CTCF and PU.1 peaks, and test sequences."""
    frame = find("ctcf_pu1").read()
    train = frame[frame["split"] == "train"].sample(4000, random_state=0)
    test = frame[frame["split"] != "train"].sample(2000, random_state=0)
    model, seconds = timed(
        CNNClassifier(max_iter=8, random_state=0).fit, train["sequence"], train["label"]
    )
    accuracy = model.score(test["sequence"], test["label"])
    line = f"Default CNN, 8 epochs on 4,000 peaks: accuracy {accuracy:.3f}, {seconds:.0f} s."
    return model, test["sequence"].tolist(), test["label"].to_numpy(), line


def peaks_tables() -> list[str]:
    model, X, y, line = peaks()
    rows, found = [], []
    for method in METHODS:
        attributions, seconds = timed(attribute, model, X, method=method)
        found, more = timed(discover_motifs, model, X, attributions=attributions, random_state=0)
        matches = match_motifs(found, JASPAR, n_best=None)
        for motif in found:
            own = matches[matches["motif"] == motif.name]
            best, wanted = own.iloc[0], EXPECTED.get(motif.name)
            rank = f"{rank_of(own, wanted)} ({wanted})" if wanted else ""
            rows.append(
                f"| {method} | {motif.name} | {motif.consensus} | {motif.n_sites:.0f} "
                f"| {best['match']} {best['alt_name']} | {best['q_value']:.1g} | {rank} "
                f"| {seconds:.1f} + {more:.1f} |"
            )
    return [
        "### CTCF and PU.1 peaks",
        "",
        line + " Motifs of 2,000 test peaks; positive ones raise the score of PU.1 (SPI1, MA0080), "
        "negative ones that of CTCF (MA0139). Ranks among the 879 motifs of JASPAR 2024.",
        "",
        "| attribution | motif | consensus | seqlets | best match | q | rank | s |",
        "|---|---|---|---:|---|---:|---:|---:|",
        *rows,
        "",
        *control_table(X, y),
        *filter_lines(model, X),
        *report_table(found, X, y),
        *scanning_lines(X),
    ]


def control_table(X, y) -> list[str]:
    """Format the best matches of motifs made of the sites of the expected motifs."""
    known = read_motifs(JASPAR)
    rows = []
    for label, accession in OF_CLASS.items():
        (wanted,) = [motif for motif in known if motif.name.startswith(accession)]
        peaks = [x.upper() for x, of in zip(X, y, strict=True) if of == label]
        for p_value in (1e-3, 1e-4):
            control = motif_of_sites(wanted, peaks, p_value)
            matches = match_motifs([control], known, n_best=3)
            best = ", ".join(
                f"{m.match} {m.alt_name} ({m.p_value:.0e})" for m in matches.itertuples()
            )
            rows.append(
                f"| {label} | {wanted.name} {wanted.alt_name} | {p_value:g} "
                f"| {control.n_sites:.0f} of {len(peaks)} | {best} |"
            )
    return [
        "JASPAR has three matrices of CTCF, of which MA1929 and MA1930 are longer, and SPIB binds "
        "the same sequences as PU.1. As a control without a model, the motif of the best site of "
        "the expected motif in each peak is matched. Even at p < 0.001 its best match is one of "
        "the other matrices.",
        "",
        "| peaks | sites of | p | peaks with a site | best matches |",
        "|---|---|---:|---:|---|",
        *rows,
        "",
    ]


def motif_of_sites(motif: Motif, X: list[str], p_value: float) -> Motif:
    sites = scan_motifs([motif], X, p_value=p_value)
    best = sites.loc[sites.groupby("sequence")["score"].idxmax()]
    texts = [X[site.sequence][site.start : site.end] for site in best.itertuples()]
    strands = zip(texts, best["strand"], strict=True)
    return Motif.from_sequences(
        "control", [text if strand == "+" else reverse_complement(text) for text, strand in strands]
    )


def filter_lines(model, X) -> list[str]:
    motifs, seconds = timed(filter_motifs, model, X)
    matches = match_motifs([m.trim() for m in motifs], JASPAR, n_best=1)
    hits = matches[matches["q_value"] < 0.01]["alt_name"].value_counts()
    names = ", ".join(f"{name} {n}" for name, n in hits.head(8).items())
    return [
        f"`filter_motifs`: motifs of {len(motifs)} first filters in {seconds:.1f} s; best "
        f"matches with q < 0.01: {names}.",
        "",
    ]


def report_table(motifs, X, y) -> list[str]:
    report, seconds = timed(motif_report, motifs, X, y)
    rows = [
        f"| {name} | {row.consensus} | {row.share_CTCF:.2f} | {row.share_PU1:.2f} "
        f"| {row.enriched_in} | {row.odds_ratio:.0f} | {row.enrichment_q:.1g} "
        f"| {row.position:.2f} ± {row.position_sd:.2f} | {row.position_p:.1g} "
        f"| {row.strand_p:.1g} |"
        for name, row in report.iterrows()
    ]
    return [
        f"`motif_report` of the last ones, {seconds:.1f} s:",
        "",
        "| motif | consensus | CTCF | PU1 | enriched in | odds | q | position | p | strand p |",
        "|---|---|---:|---:|---|---:|---:|---:|---:|---:|",
        *rows,
        "",
    ]


def scanning_lines(X) -> list[str]:
    motifs = read_motifs(JASPAR)[:100]
    hot = one_hot(encode(X)).transpose(0, 2, 1).astype(np.int8)
    matrices = {motif.name: motif.probabilities.T for motif in motifs}
    scan_motifs(motifs[:1], X)
    fimo({motifs[0].name: matrices[motifs[0].name]}, hot)
    sites, ours = timed(scan_motifs, motifs, X)
    theirs, seconds = timed(fimo, matrices, hot)
    n_theirs = sum(len(frame) for frame in theirs)
    return [
        f"100 motifs of JASPAR on these {len(X):,} x 100 nt, both strands, p < 1e-4: `scan_motifs` "
        f"{len(sites):,} sites in {ours:.1f} s; `memelite.fimo`, whose scores are rounded to 0.1 "
        f"bits and whose pseudocount differs, {n_theirs:,} in {seconds:.1f} s.",
        "",
    ]


def correlation(found, planted: np.ndarray) -> float:
    """Correlate probabilities at the best alignment and strand; positions outside are uniform."""
    best, width = -1.0, len(planted)
    for motif in (found, found.reverse_complement()):
        padded = np.pad(motif.probabilities, ((width, width), (0, 0)), constant_values=0.25)
        for start in range(len(padded) - width + 1):
            part = padded[start : start + width]
            if np.ptp(part):
                best = max(best, np.corrcoef(part.ravel(), planted.ravel())[0, 1])
    return best


def nearest(found, motifs) -> float:
    return max(correlation(found, planted) for planted in motifs)


def planted_table() -> list[str]:
    data = make_motif_classification(1500, 60, motifs=CONSENSUS, random_state=0)
    model = CNNClassifier(n_filters=32, kernel_size=11, max_iter=15, random_state=0)
    model.fit(data.X, data.y)
    rows = []
    for i, planted in enumerate(data.motifs):
        cells, total = [], 0.0
        for method in METHODS:
            motifs, seconds = timed(
                discover_motifs, model, data.X, target=i + 1, attribution=method, random_state=0
            )
            total += seconds
            cells.append(f"{motifs[0].consensus} {correlation(motifs[0], planted):.3f}")
            against = [motif for motif in motifs if motif.name.startswith("negative")]
            cells.append(", ".join(f"{m.consensus} {nearest(m, data.motifs):.3f}" for m in against))
        rows.append(f"| {CONSENSUS[i]} | {' | '.join(cells)} | {total:.1f} |")
    return [
        "### Five planted motifs",
        "",
        "1,500 sequences of 60 nt of six classes, each base of a motif conserved with probability "
        f"0.9; CNN of 32 filters, training accuracy {model.score(data.X, data.y):.2f}. The first "
        "positive motif of each class, and the correlation of its probabilities with the truth; "
        "negative ones are motifs of other classes, with the correlation to the most similar one.",
        "",
        f"| planted | {' | '.join(f'{name} | negative' for name in METHODS)} | s |",
        f"|---|{'---|---|' * len(METHODS)}---:|",
        *rows,
    ]


def main() -> None:
    torch.set_num_threads(1)
    numba.set_num_threads(1)
    warnings.simplefilter("ignore")
    packages = ["torch", "memelite", "numba"]
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    lines = [
        "# Motifs recovered from models",
        "",
        "`python benchmarks/motifs.py`, one thread; seconds are CPU time.",
        "",
        f"skgenomics {version('skgenomics')}, Python {platform.python_version()}, {versions}.",
        "",
        *peaks_tables(),
        *planted_table(),
    ]
    OUTPUT.write_text("\n".join(lines).rstrip() + "\n")
    print(OUTPUT.read_text())


if __name__ == "__main__":
    main()
