"""Splits that keep homologous sequences and chromosomes together, and checks for leaks."""

from skgenomics.model_selection.chromosomes import ChromosomeKFold, LeaveChromosomesOut
from skgenomics.model_selection.confounders import confounder_report
from skgenomics.model_selection.duplicates import find_duplicates
from skgenomics.model_selection.homology import homology_clusters, read_clusters
from skgenomics.model_selection.leakage import LeakageReport, find_leakage
from skgenomics.model_selection.splitters import HomologyKFold, HomologyShuffleSplit

__all__ = [
    "ChromosomeKFold",
    "HomologyKFold",
    "HomologyShuffleSplit",
    "LeakageReport",
    "LeaveChromosomesOut",
    "confounder_report",
    "find_duplicates",
    "find_leakage",
    "homology_clusters",
    "read_clusters",
]
