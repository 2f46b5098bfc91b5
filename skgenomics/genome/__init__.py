"""Genome files and coordinates: FASTA, FASTQ, BED, GFF, VCF, bigWig, and what is made of them."""

from __future__ import annotations

import importlib

_MODULE_OF = {
    "Genome": "fasta",
    "IntervalEncoder": "interval_encoder",
    "SignalEncoder": "signal_encoder",
    "SignalTrack": "signals",
    "match_chromosome": "chromosomes",
    "read_bed": "intervals",
    "read_fastq": "fastq",
    "read_gff": "intervals",
    "read_intervals": "intervals",
    "read_narrowpeak": "intervals",
    "read_vcf": "vcf",
    "score_variants": "variants",
    "write_bed": "intervals",
}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str):
    """Import a public name when it is first used, so that no reader loads what another needs."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return __all__
