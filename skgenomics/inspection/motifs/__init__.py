"""Motif discovery, matching, scanning and enrichment."""
