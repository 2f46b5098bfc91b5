"""Public data sets of the benchmarks, with published results."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKGENOMICS_DATA") or "SKGENOMICS_DATA-is-not-set")
# `python -m benchmarks` lets all scripts write to a folder of its own.
RESULTS = Path(os.environ.get("SKGENOMICS_RESULTS") or ROOT / "benchmarks" / "results")


@dataclass(frozen=True)
class DataSet:
    """Labeled data set with its splits.

    `linear` is the figure of a linear model on k-mer counts and one-hot encoding in the same
    `metric`, `published` a published one; both on the same test rows or folds. `targets` are the
    columns of y; `by_position` is True if they hold a label for each position.
    """

    name: str
    path: str
    metric: str
    linear: float | None
    published: str = ""
    goal: float | None = None
    targets: tuple[str, ...] = ("label",)
    by_position: bool = False

    def read(self) -> pd.DataFrame:
        return pd.read_csv(DATA / f"{self.path}.csv.gz")

    def splits(self, frame: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
        """Yield training and test rows: of the official split, or of each fold or gene."""
        column = next(c for c in ("split", "fold", "group_gene") if c in frame)
        if column == "split":
            is_training = frame["split"].isin(["train", "dev"])
            yield frame[is_training], frame[frame["split"] == "test"]
            return
        for value in sorted(frame[column].unique()):
            yield frame[frame[column] != value], frame[frame[column] == value]


def _gue(name: str, path: str, linear: float, dnabert2: float) -> DataSet:
    return DataSet(name, path, "MCC", linear, f"DNABERT-2 {dnabert2:.3f}", goal=dnabert2)


def _methylation(name: str, linear: float) -> DataSet:
    return DataSet(name, f"idna_ms/{name}", "ACC", linear)


def _clip(name: str, linear: float, graphprot: float) -> DataSet:
    return DataSet(
        f"rbp {name}", f"rbp_clip/{name}", "AUROC", linear, f"GraphProt {graphprot:.3f}", graphprot
    )


SETS = [
    _gue("tf0", "gue_tf_human/tf0", 0.646, 0.7199),
    _gue("tf1", "gue_tf_human/tf1", 0.695, 0.7606),
    _gue("tf4", "gue_tf_human/tf4", 0.741, 0.7743),
    _gue("mouse0", "gue_tf_mouse/mouse0", 0.497, 0.5676),
    _gue("mouse4", "gue_tf_mouse/mouse4", 0.449, 0.5266),
    _gue("prom_core_all", "gue_prom_core/prom_core_all", 0.651, 0.6937),
    _gue("prom_core_notata", "gue_prom_core/prom_core_notata", 0.671, 0.6804),
    _gue("prom_core_tata", "gue_prom_core/prom_core_tata", 0.822, 0.7417),
    DataSet("uci_splice", "uci_splice/splice", "ACC", 0.960, "KBANN 0.937"),
    DataSet("uci_promoters", "uci_promoters/promoters", "ACC", 0.953, "KBANN 0.962"),
    # A quarter of the test rows occur in the training rows too. The published figure includes them,
    # the other two do not.
    DataSet("ienhancer", "ienhancer/ienhancer_layer1", "ACC", 0.717, "spEnhancer 0.773"),
    DataSet("cnnprom B. subtilis", "cnnprom/bacillus_subtilis", "MCC", 0.783, "CNNProm 0.86"),
    DataSet("cnnprom E. coli", "cnnprom/ecoli_sigma70", "MCC", 0.813, "CNNProm 0.84"),
    DataSet("cnnprom mouse TATA", "cnnprom/mouse_tata", "MCC", 0.874, "CNNProm 0.93"),
    DataSet("nucleosome", "nucleosome/h_sapiens", "ACC", 0.831, "NP_CBiR 0.862"),
    _methylation("4mC_F.vesca", 0.815),
    _methylation("4mC_S.cerevisiae", 0.698),
    _methylation("5hmC_H.sapiens", 0.947),
    _methylation("6mA_C.elegans", 0.845),
    _methylation("6mA_C.equisetifolia", 0.695),
    _methylation("6mA_D.melanogaster", 0.895),
    _methylation("6mA_F.vesca", 0.925),
    _methylation("6mA_H.sapiens", 0.882),
    _methylation("6mA_S.cerevisiae", 0.797),
    _methylation("6mA_Tolypocladium", 0.744),
    _clip("qki", 0.935, 0.888),
    _clip("pum2", 0.886, 0.853),
    _clip("igf2bp123", 0.742, 0.701),
    _clip("nova", 0.921, 0.881),
    DataSet("ctcf_pu1", "ctcf_pu1/ctcf_vs_pu1", "AUROC", 0.979),
    DataSet("tevsacas9", "crisprhal_tevsacas9/tevsacas9", "Spearman", 0.840),
    DataSet(
        "yeast histones",
        "yeast_histone_multilabel/emp10",
        "macro AUROC",
        0.741,
        goal=0.80,
        targets=(
            *("H3", "H3K14ac", "H3K36me3", "H3K4me1", "H3K4me2", "H3K4me3", "H3K79me3", "H3K9ac"),
            *("H4", "H4ac"),
        ),
    ),
    DataSet(
        "yeast genes",
        "yeast_cds_perbase/yeast_cds_perbase",
        "macro F1",
        None,
        goal=0.85,
        by_position=True,
    ),
    DataSet("crispr_azimuth", "crispr_azimuth/fc_plus_res", "Spearman", 0.377, "Azimuth 0.5"),
]


def find(name: str) -> DataSet:
    """Return the data set with a name."""
    for data in SETS:
        if data.name == name:
            return data
    raise SystemExit(f"no data set {name!r}; there are {', '.join(d.name for d in SETS)}")
