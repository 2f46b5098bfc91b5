"""What a model learned: attributions, mutagenesis, motifs, experiments, pictures, reports."""

from __future__ import annotations

import importlib

_NAMES_OF = {
    "attributions": ("Attributions", "CompletenessWarning", "attribute"),
    "substitutions": ("epistasis", "mutagenesis"),
    "windows": ("deletions", "insertions", "substitute_windows"),
    "filters": ("filter_motifs",),
    "found_motif": ("FoundMotif",),
    "discovery": ("discover_motifs",),
    "matching": ("match_motifs",),
    "scanning": ("scan_motifs",),
    "enrichment": ("motif_report",),
    "experiments": ("marginalize", "spacing"),
    "ablation": ("ablate",),
    "sequence_design": ("class_optimization", "design"),
    "internals": ("attention_map", "temporal_output"),
    "knockout": ("kernel_knockout",),
    "trust": ("sanity_check",),
    "logos": ("draw_logo",),
    "displays": (
        "AttentionDisplay",
        "AttributionDisplay",
        "LearningCurveDisplay",
        "MotifDisplay",
        "MutagenesisDisplay",
        "SequenceLogoDisplay",
        "VariantDisplay",
    ),
    "report": ("explain_report",),
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str):
    """Import a public name when it is first used: some need matplotlib, all need torch."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return __all__
