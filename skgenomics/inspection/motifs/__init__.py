"""Motifs that a model uses: found, matched, scanned and counted."""
