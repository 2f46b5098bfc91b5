"""Motifs in what a model looks at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skgenomics._utils.threads import preserve_num_threads
from skgenomics._utils.validation import check_choice, check_integer, check_real, warn_user
from skgenomics.alphabets import Alphabet
from skgenomics.inspection._scores import SequenceReader
from skgenomics.inspection.attribution.attribute import attribute
from skgenomics.inspection.motifs._patterns import Group, Tracks, group_seqlets
from skgenomics.inspection.motifs._seqlets import find_seqlets
from skgenomics.inspection.motifs.filters import as_codes, find_alphabet, reads_both
from skgenomics.inspection.motifs.found_motif import (
    FoundMotif,
    count_symbols,
    site_codes,
    site_values,
)
from skgenomics.sequences import one_hot


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
    if alphabet.symbols.upper().replace("U", "T") != "ACGT":
        raise ValueError(
            f"method='modisco' needs the letters 'ACGT', got {alphabet.symbols!r}; use "
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
    with preserve_num_threads():
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
        name: [_modisco_spans(pattern) for pattern in patterns or []]
        for name, patterns in zip(("positive", "negative"), results, strict=True)
    }


def _modisco_spans(pattern) -> pd.DataFrame:
    spans = pd.DataFrame(
        [(s.example_idx, s.start, s.end, s.is_revcomp) for s in pattern.seqlets],
        columns=["sequence", "start", "end", "strand"],
    ).astype({"sequence": int, "start": int, "end": int})
    spans["strand"] = np.where(spans["strand"].astype(bool), "-", "+")
    return spans


# Ends of a motif tell at least so many bits.
_MIN_BITS = 0.3
_SIGNS = {"positive": 1, "negative": -1}


def discover_motifs(
    estimator,
    X,
    *,
    target=None,
    method: str = "seqlets",
    attribution: str = "input_x_gradient",
    attributions=None,
    both_strands="auto",
    width: int = 15,
    flank: int = 5,
    fdr: float = 0.05,
    min_seqlets: int = 20,
    random_state=None,
) -> list[FoundMotif]:
    """Find the motifs that a fitted network looks at.

    Spans of the sequences that count much for the score, the seqlets, are gathered in groups that
    are alike, whose letters make the motifs, as in TF-MoDISco [1]_.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator of sequences of letters, or a pipeline that ends in one.
    X : text, codes or channels
        Sequences; some hundreds that have the motifs at the least.
    target : object, optional
        Class, task, track or position to explain, see
        :class:`~skgenomics.inspection._scores.SequenceScore`.
    method : {"seqlets", "modisco"}, default="seqlets"
        What finds and groups the seqlets: this package, or TF-MoDISco itself by the package
        modisco-lite.
    attribution : str, default="input_x_gradient"
        Method of :func:`~skgenomics.inspection.attribute`. The gradient is quick and
        there for every network; "deeplift" and "integrated_gradients" find more sites where a
        score saturates.
    attributions : array-like of shape (n, L, C), optional
        Hypothetical attributions of X that are ready; `target` and `attribution` don't matter then.
    both_strands : {"auto", True, False}, default="auto"
        Whether a seqlet may be the reverse complement of another; "auto" allows it if the
        estimator reads both strands. TF-MoDISco always does.
    width : int, default=15
        Width of the spans whose attributions are added up to find seqlets, about that of the
        motifs; at most that of the sequences.
    flank : int, default=5
        Positions on either side of such a span that belong to the seqlet as well.
    fdr : float, default=0.05
        Share of false ones that is accepted among the spans, see the notes.
    min_seqlets : int, default=20
        Smallest number of seqlets of a motif.
    random_state : int, RandomState instance or None, default=None
        Seed of the null.

    Returns
    -------
    list of FoundMotif
        "positive_0", "positive_1" and so on raise the score, "negative_0" and so on lower it; of
        either kind those with most seqlets come first. The score of their `sites` is what
        the letters of the site add to the score; `contributions` are the means of that by
        position.

    Raises
    ------
    ImportError
        If modisco-lite is needed and not installed.
    ValueError
        If the estimator was fitted on signals, there is no such target, `attributions` have
        another shape than X or are not finite, or a parameter is out of its range.

    Warns
    -----
    UserWarning
        If no motif is found; it says where they got lost.

    Notes
    -----
    The null of spans are the same attributions in random order within each sequence. Seqlets are
    compared by the cosine of attributions, of actual letters and of all letters alike, at the best
    shift and strand; the 2000 strongest are clustered by average linkage, then all seqlets are
    assigned to the nearest cluster and aligned with it a few times over. A cluster whose parts
    along its first principal component are no more alike than two motifs is split, so that what
    lowers the score of one of many classes does not become a mixture. Positions at the ends of a
    motif that tell less than 0.3 bits are cut off. Seqlets that are like no others are left out,
    and so are sites that do not act in the direction of their motif.

    References
    ----------
    .. [1] Shrikumar et al. (2018), Technical note on Transcription Factor Motif Discovery from
       Importance Scores (TF-MoDISco), arXiv:1811.00416.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection.motifs.discovery import discover_motifs
    >>> data = make_motif_classification(400, 40, motifs=["TGACGTCAT"], random_state=0)
    >>> model = CNNClassifier(n_filters=16, max_iter=8, random_state=0).fit(data.X, data.y)
    >>> motifs = discover_motifs(model, data.X, random_state=0)
    >>> motifs[0].name, "TGACGTCA" in motifs[0].consensus
    ('positive_0', True)
    """
    check_choice("method", method, ("seqlets", "modisco"))
    check_integer("width", width, 3)
    check_integer("flank", flank, 0)
    check_real("fdr", fdr, 0, 1, inclusive=False)
    check_integer("min_seqlets", min_seqlets, 2)
    reader = SequenceReader(estimator)
    alphabet = find_alphabet(reader)
    turns = reads_both(reader, both_strands, alphabet)
    codes = as_codes(reader.read(X), alphabet.n_symbols)
    if attributions is None:
        attributions = attribute(estimator, X, method=attribution, target=target)
    hypothetical = _check_attributions(attributions, codes, alphabet)
    width = min(width, codes.shape[1])
    settings = {"width": width, "flank": flank, "fdr": fdr, "min_seqlets": min_seqlets}
    actual = _actual(codes, hypothetical)
    if method == "modisco":
        groups = modisco_groups(codes, hypothetical, alphabet, **settings)
        found = f"TF-MoDISco picks spans at fdr={fdr:g}"
    else:
        known, rng = codes < alphabet.n_symbols, check_random_state(random_state)
        seqlets = find_seqlets(actual, known, width, fdr, rng)
        groups = _groups(seqlets, codes, hypothetical, alphabet if turns else None, width, flank)
        found = f"{len(seqlets[0])} spans of {width} positions stand out at fdr={fdr:g}"
    motifs = [
        replace(motif, name=f"{kind}_{i}")
        for kind, sign in _SIGNS.items()
        for i, motif in enumerate(_motifs(groups[kind], sign, codes, actual, alphabet, min_seqlets))
    ]
    if not motifs:
        warn_user(
            f"no motif is found: {found}, and no {min_seqlets} of them are alike; give more "
            "sequences, or raise fdr or lower min_seqlets"
        )
    return motifs


def _check_attributions(attributions, codes: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    attributions = np.asarray(attributions, dtype=np.float32)
    shape = (*codes.shape, alphabet.n_symbols)
    if attributions.shape != shape:
        raise ValueError(
            f"attributions must have the shape (n, L, C) = {shape} of X, got {attributions.shape}"
        )
    if not np.isfinite(attributions).all():
        row = int(np.argwhere(~np.isfinite(attributions))[0, 0])
        raise ValueError(f"the attributions of sequence {row} are not finite")
    return attributions * (codes < alphabet.n_symbols)[:, :, np.newaxis]


def _actual(codes: np.ndarray, hypothetical: np.ndarray) -> np.ndarray:
    """Attributions (n, L) of the letters that are there; zero for unknown ones."""
    known = np.minimum(codes, hypothetical.shape[2] - 1)
    return np.take_along_axis(hypothetical, known[:, :, np.newaxis].astype(np.intp), axis=2)[..., 0]


def _groups(
    seqlets, codes, hypothetical, alphabet: Alphabet | None, width: int, flank: int
) -> dict[str, list[pd.DataFrame]]:
    """Aligned spans of each group, by what they do to the score."""
    n_symbols = hypothetical.shape[2]
    rows, starts, sums = seqlets
    complement = None if alphabet is None else alphabet.complement[:n_symbols]
    symbols = one_hot(codes, n_symbols)
    groups = {}
    for kind, sign in _SIGNS.items():
        acts = sign * sums > 0
        tracks = Tracks.make(
            sign * hypothetical * symbols, sign * hypothetical, complement, width + 2 * flank
        )
        found = group_seqlets(rows[acts], starts[acts] - flank, tracks)
        groups[kind] = [_spans(group, tracks.width) for group in found]
    return groups


def _spans(group: Group, width: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sequence": group.rows,
            "start": group.starts,
            "end": group.starts + width,
            "strand": np.where(group.turned, "-", "+"),
        }
    )


def _motifs(groups, sign: int, codes, actual, alphabet, min_seqlets: int) -> list[FoundMotif]:
    """The motifs of groups of spans that act in one direction, those with most sites first."""
    motifs = []
    for spans in groups:
        # Alignment moves spans to neighbours, some of which act the other way: they are no sites.
        while len(spans) >= min_seqlets:
            motif = _make_motif(spans, codes, actual, alphabet)
            acts = (sign * motif.sites["score"] > 0).to_numpy()
            if acts.all():
                motifs.append(_strongest_first(motif))
                break
            spans = spans[acts]
    return sorted(motifs, key=lambda motif: -motif.n_sites)


def _make_motif(spans: pd.DataFrame, codes, actual, alphabet: Alphabet) -> FoundMotif:
    """The motif of aligned spans, without the ends that tell little."""
    counts = count_symbols(codes, spans, alphabet)
    # A little of each letter, so that few seqlets at the ends of sequences don't make sure columns.
    counts = counts + 1 / alphabet.n_symbols
    symbols = site_codes(codes, spans, alphabet)
    values = site_values(actual, spans)
    contributions = np.stack(
        [np.where(symbols == i, values, 0).mean(axis=0) for i in range(alphabet.n_symbols)], axis=1
    )
    motif = FoundMotif(
        "",
        counts / counts.sum(axis=1, keepdims=True),
        alphabet.symbols,
        float(len(spans)),
        sites=spans,
        contributions=contributions,
    ).trim(_MIN_BITS)
    scores = site_values(actual, motif.sites).sum(axis=1)
    return replace(motif, sites=motif.sites.assign(score=scores))


def _strongest_first(motif: FoundMotif) -> FoundMotif:
    order = np.argsort(-np.abs(motif.sites["score"].to_numpy()), kind="stable")
    return replace(motif, sites=motif.sites.iloc[order].reset_index(drop=True))
