"""Motif discovery in attributions, by this package or by TF-MoDISco."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import cast

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skgenomics._utils.validation import check_choice, check_integer, check_real, warn_user
from skgenomics.alphabets import Alphabet
from skgenomics.inspection._dispatch import UnsupportedOperationError
from skgenomics.inspection._scores import find_reader
from skgenomics.inspection.attribution.attribute import Attributions, attribute
from skgenomics.inspection.motifs._patterns import Group, Tracks, group_seqlets
from skgenomics.inspection.motifs._seqlets import find_seqlets
from skgenomics.inspection.motifs.filters import find_alphabet, reads_both_strands
from skgenomics.inspection.motifs.found_motif import (
    FoundMotif,
    count_symbols,
    site_codes,
    site_values,
)
from skgenomics.sequences import as_codes, one_hot
from skgenomics.training.net import preserve_num_threads

# Positions at the ends of a motif with less information, in bits, are trimmed.
_MIN_BITS = 0.3
_SIGNS = {"positive": 1, "negative": -1}


def discover_motifs(
    estimator,
    X,
    *,
    target=None,
    method: str = "seqlets",
    attribution: str = "auto",
    attributions=None,
    both_strands="auto",
    width: int = 15,
    flank: int = 5,
    fdr: float = 0.05,
    min_seqlets: int = 20,
    sequence_column: str | None = None,
    random_state=None,
) -> list[FoundMotif]:
    """Discover the motifs that drive the predictions of a fitted network.

    Windows with large attributions, the seqlets, are clustered and aligned; the symbols of each
    cluster make a motif, as in TF-MoDISco [1]_.

    Parameters
    ----------
    estimator : object
        Fitted deep estimator of sequences, a pipeline that ends in one, or an ensemble of them.
    X : array-like of shape (n_samples,) or (n_samples, n_features)
        Sequences as text, codes or channels, of which at least some hundreds contain the motifs.
    target : object, default=None
        Output to explain, see :func:`~skgenomics.inspection.attribute`.
    method : {"seqlets", "modisco"}, default="seqlets"
        Implementation: that of this package, or TF-MoDISco itself through the package
        modisco-lite.
    attribution : str, default="auto"
        Method of :func:`~skgenomics.inspection.attribute`. "auto" is "deeplift" if it has rules for
        the network, else "input_x_gradient". The gradient is faster, and misses sites where a score
        saturates, as the log-odds of one of several classes does.
    attributions : array-like of shape (n_samples, L, C) or None, default=None
        Hypothetical contribution scores of X, if they have been computed before. `target` and
        `attribution` are ignored then.
    both_strands : {"auto", True, False}, default="auto"
        Whether a seqlet may be the reverse complement of another one; "auto" allows it if the
        estimator reads both strands. TF-MoDISco always does.
    width : int, default=15
        Width of the windows whose attributions are summed to find seqlets, about that of the
        motifs; at most the length of the sequences.
    flank : int, default=5
        Positions on either side of such a window that belong to the seqlet too.
    fdr : float, default=0.05
        False discovery rate of the windows, see Notes.
    min_seqlets : int, default=20
        Minimum number of seqlets of a motif.
    sequence_column : str or None, default=None
        Column of a frame X that holds the sequences; by default the only one.
    random_state : int, RandomState instance or None, default=None
        Seed of the null distribution.

    Returns
    -------
    list of FoundMotif
        Motifs "positive_0", "positive_1", ... raise the score, "negative_0", ... lower it; those
        with the most seqlets come first. The score of their `sites` is the sum of the attributions
        of the site; `contributions` are mean attributions by position and symbol.

    Raises
    ------
    ImportError
        If modisco-lite is needed and not installed.
    ValueError
        If the estimator was fitted on signals, the target does not exist, `attributions` do not
        have the shape of X or are not finite, or a parameter is out of range.

    Warns
    -----
    UserWarning
        If no motif is found; the warning says at which step.

    See Also
    --------
    filter_motifs : Motifs of the filters in the first convolution.
    match_motifs : Similar motifs of a database.

    Notes
    -----
    The null distribution consists of sums over the same attributions in random order within each
    sequence. Seqlets are compared by the cosine of their actual and their hypothetical
    contribution scores, at the best shift and strand; the 2000 strongest are clustered by average
    linkage, then all seqlets are repeatedly assigned to the nearest cluster and aligned with it. A
    cluster is split if its halves along the first principal component differ like two motifs, so
    that motifs that lower the score of one of many classes are not mixed. Positions at the ends of
    a motif with less than 0.3 bits are trimmed. Seqlets that resemble no others are dropped, and so
    are sites whose attribution has the opposite sign of their motif.

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
    reader = find_reader(estimator, sequence_column=sequence_column)
    alphabet = find_alphabet(reader)
    has_strands = reads_both_strands(reader, both_strands, alphabet)
    codes = as_codes(reader.read(X), alphabet.n_symbols)
    if attributions is None:
        attributions = _attribute(estimator, X, attribution, target, sequence_column)
    hypothetical = _check_attributions(attributions, codes, alphabet)
    width = min(width, codes.shape[1])
    actual = _actual(codes, hypothetical)
    if method == "modisco":
        groups = _group_by_modisco(
            codes,
            hypothetical,
            alphabet,
            width=width,
            flank=flank,
            fdr=fdr,
            min_seqlets=min_seqlets,
        )
        progress = f"TF-MoDISco selects windows at fdr={fdr:g}"
    else:
        is_known, rng = codes < alphabet.n_symbols, check_random_state(random_state)
        seqlets = find_seqlets(actual, is_known, width, fdr, rng)
        strands = alphabet if has_strands else None
        groups = _group_seqlets(seqlets, codes, hypothetical, strands, width, flank)
        progress = f"{len(seqlets[0])} windows of {width} positions stand out at fdr={fdr:g}"
    motifs = [
        replace(motif, name=f"{kind}_{i}")
        for kind, sign in _SIGNS.items()
        for i, motif in enumerate(
            _make_motifs(groups[kind], sign, codes, actual, alphabet, min_seqlets)
        )
    ]
    if not motifs:
        warn_user(
            f"no motif is found: {progress}, and no {min_seqlets} of them are similar; pass more "
            "sequences, or raise fdr or lower min_seqlets"
        )
    return motifs


def _attribute(estimator, X, method: str, target, sequence_column: str | None) -> Attributions:
    compute = partial(attribute, estimator, X, target=target, sequence_column=sequence_column)
    if method != "auto":
        return compute(method=method)
    try:
        return compute(method="deeplift")
    except UnsupportedOperationError:
        return compute(method="input_x_gradient")


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
    """Select the attributions of the observed symbols, shape (n, L); zero for unknown ones."""
    known = np.minimum(codes, hypothetical.shape[2] - 1)
    return np.take_along_axis(hypothetical, known[:, :, np.newaxis].astype(np.intp), axis=2)[..., 0]


def _group_seqlets(
    seqlets: tuple[np.ndarray, np.ndarray, np.ndarray],
    codes: np.ndarray,
    hypothetical: np.ndarray,
    alphabet: Alphabet | None,
    width: int,
    flank: int,
) -> dict[str, list[pd.DataFrame]]:
    """Group seqlets by this package's method.

    Returns
    -------
    dict of str to list of DataFrame
        Aligned sites of each group, for "positive" and "negative" seqlets.
    """
    n_symbols = hypothetical.shape[2]
    rows, starts, sums = seqlets
    complement = None if alphabet is None else alphabet.complement[:n_symbols]
    channels = one_hot(codes, n_symbols)
    groups = {}
    for kind, sign in _SIGNS.items():
        has_sign = sign * sums > 0
        # With the sign, motifs of both kinds are positive where they matter.
        tracks = Tracks.make(
            sign * hypothetical * channels, sign * hypothetical, complement, width + 2 * flank
        )
        found = group_seqlets(rows[has_sign], starts[has_sign] - flank, tracks)
        groups[kind] = [_group_sites(group, tracks.width) for group in found]
    return groups


def _group_sites(group: Group, width: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sequence": group.rows,
            "start": group.starts,
            "end": group.starts + width,
            "strand": np.where(group.is_reverse, "-", "+"),
        }
    )


def _group_by_modisco(
    codes: np.ndarray,
    hypothetical: np.ndarray,
    alphabet: Alphabet,
    *,
    width: int,
    flank: int,
    fdr: float,
    min_seqlets: int,
) -> dict[str, list[pd.DataFrame]]:
    """Find and group seqlets by TF-MoDISco; returns what :func:`_group_seqlets` does."""
    if alphabet.symbols.upper().replace("U", "T") != "ACGT":
        # modisco-lite takes the reversed channel axis for the complement.
        raise ValueError(
            f"method='modisco' needs the alphabet 'ACGT', got {alphabet.symbols!r}; use "
            "method='seqlets'"
        )
    if codes.shape[1] < width + 2 * flank:
        raise ValueError(
            f"method='modisco' needs sequences of {width + 2 * flank} bp for width={width} "
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
        kind: [_modisco_sites(pattern) for pattern in patterns or []]
        for kind, patterns in zip(_SIGNS, results, strict=True)
    }


def _modisco_sites(pattern) -> pd.DataFrame:
    sites = pd.DataFrame(
        [(s.example_idx, s.start, s.end, s.is_revcomp) for s in pattern.seqlets],
        columns=["sequence", "start", "end", "strand"],
    ).astype({"sequence": int, "start": int, "end": int})
    sites["strand"] = np.where(sites["strand"].astype(bool), "-", "+")
    return sites


def _make_motifs(
    groups: list[pd.DataFrame],
    sign: int,
    codes: np.ndarray,
    actual: np.ndarray,
    alphabet: Alphabet,
    min_seqlets: int,
) -> list[FoundMotif]:
    """Make motifs of groups of sites whose scores have one sign, those with most sites first."""
    motifs = []
    for sites in groups:
        # Alignment may move a site to a neighbor of the opposite sign, which is dropped. That
        # changes the motif, hence where it is trimmed and the scores of the other sites.
        while len(sites) >= min_seqlets:
            motif = _make_motif(sites, codes, actual, alphabet)
            has_sign = (sign * motif.sites["score"] > 0).to_numpy()
            if has_sign.all():
                motifs.append(_sort_by_score(motif))
                break
            sites = sites[has_sign]
    return sorted(motifs, key=lambda motif: -len(motif.sites))


def _make_motif(
    sites: pd.DataFrame, codes: np.ndarray, actual: np.ndarray, alphabet: Alphabet
) -> FoundMotif:
    """Make the motif of aligned sites, without ends of little information."""
    counts = count_symbols(codes, sites, alphabet)
    # A pseudocount: where most seqlets reach past the end of their sequence, the few that do not
    # would make a position look conserved.
    counts = counts + 1 / alphabet.n_symbols
    symbols = site_codes(codes, sites, alphabet)
    values = site_values(actual, sites)
    contributions = np.stack(
        [np.where(symbols == i, values, 0).mean(axis=0) for i in range(alphabet.n_symbols)], axis=1
    )
    whole = FoundMotif(
        "",
        counts / counts.sum(axis=1, keepdims=True),
        alphabet.symbols,
        float(len(sites)),
        sites=sites,
        contributions=contributions,
    )
    motif = cast("FoundMotif", whole.trim(_MIN_BITS))
    scores = site_values(actual, motif.sites).sum(axis=1)
    return replace(motif, sites=motif.sites.assign(score=scores))


def _sort_by_score(motif: FoundMotif) -> FoundMotif:
    order = np.argsort(-np.abs(motif.sites["score"].to_numpy()), kind="stable")
    return replace(motif, sites=motif.sites.iloc[order].reset_index(drop=True))
