"""Groups of seqlets by TF-MoDISco itself, the package modisco-lite."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skgenomics.alphabets import Alphabet
from skgenomics.sequences import one_hot
from skgenomics.threads import keeping_threads


def modisco_groups(
    codes: np.ndarray,
    hypothetical: np.ndarray,
    alphabet: Alphabet,
    *,
    width: int,
    flank: int,
    fdr: float,
    min_seqlets: int,
) -> dict[str, list[pd.DataFrame]]:
    """Aligned spans of each motif, by what they do to the score.

    Raises
    ------
    ImportError
        If modisco-lite is not installed.
    ValueError
        If the letters are no nucleic acids in alphabetical order, or the sequences are short.
    """
    if alphabet.letters.upper().replace("U", "T") != "ACGT":
        raise ValueError(
            f"method='modisco' needs the letters 'ACGT', got {alphabet.letters!r}; use "
            "method='seqlets'"
        )
    if codes.shape[1] < width + 2 * flank:
        raise ValueError(
            f"method='modisco' needs sequences of {width + 2 * flank} letters for width={width} "
            f"and flank={flank}, but they have {codes.shape[1]}; choose smaller ones"
        )
    try:
        from modiscolite.tfmodisco import TFMoDISco
    except ImportError as error:
        raise ImportError(
            "method='modisco' needs modisco-lite: pip install \"skgenomics[modisco]\""
        ) from error
    with keeping_threads():
        results = TFMoDISco(
            one_hot=one_hot(codes, 4),
            hypothetical_contribs=hypothetical.astype(np.float32),
            sliding_window_size=width,
            flank_size=flank,
            min_metacluster_size=min_seqlets,
            target_seqlet_fdr=fdr,
            final_min_cluster_size=min_seqlets,
            trim_to_window_size=width,
            initial_flank_to_add=flank,
        )
    return {
        name: [_spans(pattern) for pattern in patterns or []]
        for name, patterns in zip(("positive", "negative"), results, strict=True)
    }


def _spans(pattern) -> pd.DataFrame:
    spans = pd.DataFrame(
        [(s.example_idx, s.start, s.end, s.is_revcomp) for s in pattern.seqlets],
        columns=["sequence", "start", "end", "strand"],
    ).astype({"sequence": int, "start": int, "end": int})
    spans["strand"] = np.where(spans["strand"].astype(bool), "-", "+")
    return spans
