"""Genome files and coordinates: FASTA, FASTQ, BED, GFF, VCF, bigWig, read and written."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
