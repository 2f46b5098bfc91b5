"""Genome files and coordinates: FASTA, FASTQ, BED, GFF, VCF, bigWig, motifs, read and written."""

from __future__ import annotations

import importlib

_NAMES_OF = {
    "skgenomics.genome.chromosomes": ("match_chromosome",),
    "skgenomics.genome.fasta": ("Genome",),
    "skgenomics.genome.fastq": ("read_fastq",),
    "skgenomics.genome.gff": ("read_gff",),
    "skgenomics.genome.interval_encoder": ("IntervalEncoder",),
    "skgenomics.genome.intervals": (
        *("read_bed", "read_broadpeak", "read_intervals", "read_narrowpeak"),
        "write_bed",
    ),
    "skgenomics.genome.signal_encoder": ("SignalEncoder",),
    "skgenomics.genome.signal_writers": ("write_bedgraph", "write_bigwig"),
    "skgenomics.genome.signals": ("SignalTrack",),
    "skgenomics.genome.variants": ("score_variants",),
    "skgenomics.genome.vcf": ("read_vcf",),
    "skgenomics.genome.vcf_writer": ("write_vcf",),
    "skgenomics.genome.writers": ("write_fasta", "write_fastq"),
    "skgenomics.motifs": ("Motif", "read_motifs", "write_motifs"),
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str):
    """Import a public name when it is first used, so that no reader loads what another needs."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__():
    return __all__
