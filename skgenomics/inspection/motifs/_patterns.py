"""Clustering and alignment of seqlets.

A pattern is the mean of aligned seqlets.  The steps, repeated a few times:

1. Clusters of the strongest seqlets by average linkage give the first patterns.
2. Each pattern that resembles an earlier one is dropped.
3. Each seqlet joins its most similar pattern, at the best shift and strand.
4. Groups are centered on the positions with large attributions, and split where they hold a
   mixture; the means of the parts are the patterns of the next round.

Similarity is the cosine of the features of two windows: the actual and the hypothetical
contribution scores of all positions and symbols, each half scaled to norm one.  Hypothetical scores
let sites of one motif with different symbols resemble each other, as in TF-MoDISco.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.linalg import eigh
from scipy.spatial.distance import squareform

# Number of seqlets that are compared with each other, quadratic in time and memory; the others join
# the patterns of these.
_MAX_COMPARED = 2000
# Minimum cosine similarities: mean within a cluster, ...
_MIN_WITHIN_CLUSTER = 0.35
# ... of a seqlet to the pattern that it joins, ...
_MIN_TO_JOIN = 0.4
# ... and of two patterns that count as the same motif.
_MIN_SAME_MOTIF = 0.75
_N_ROUNDS = 4
_MIN_GROUP = 5


@dataclass(frozen=True)
class Tracks:
    """Features of all positions, by which seqlets are compared.

    Parameters
    ----------
    values : ndarray of shape (n, L, 2, C)
        Actual and hypothetical contribution scores.
    margin : int
        Number of zero positions that were added at both ends.
    complement : ndarray of shape (C,) or None
        Complement of each symbol; None if only one strand is considered.
    width : int
        Number of positions of a seqlet.
    """

    values: np.ndarray
    margin: int
    complement: np.ndarray | None
    width: int

    @classmethod
    def make(cls, actual, hypothetical, complement, width: int) -> Tracks:
        """Make tracks of actual and hypothetical contribution scores, both (n, L, C)."""
        # Centered, so that a score that is the same for all symbols does not look like similarity.
        hypothetical = hypothetical - hypothetical.mean(axis=2, keepdims=True)
        # Relative to the maximum: attribution methods differ in scale.
        both = [x / max(np.abs(x).max(), 1e-12) for x in (actual, hypothetical)]
        values = np.stack(both, axis=2).astype(np.float32)
        margin = 2 * width
        values = np.pad(values, ((0, 0), (margin, margin), (0, 0), (0, 0)))
        return cls(values, margin, complement, width)

    def windows(self, rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return the features of windows, shape (n, width, 2, C); both halves have norm 1."""
        columns = starts[:, np.newaxis] + self.margin + np.arange(self.width)
        columns = np.clip(columns, 0, self.values.shape[1] - 1)
        return normalize(self.values[rows[:, np.newaxis], columns])

    def reverse_complement(self, features: np.ndarray) -> np.ndarray:
        """Return features as read on the reverse strand."""
        return features[:, ::-1][..., self.complement]

    def strands(self, features: np.ndarray) -> list[np.ndarray]:
        """Return features on each strand that is considered."""
        if self.complement is None:
            return [features]
        return [features, self.reverse_complement(features)]


@dataclass(frozen=True)
class Group:
    """Aligned seqlets.

    Parameters
    ----------
    rows, starts : ndarray of int of shape (n,)
        Sequence and first position of each window.
    is_reverse : ndarray of bool of shape (n,)
        True for windows that are aligned by their reverse complement.
    """

    rows: np.ndarray
    starts: np.ndarray
    is_reverse: np.ndarray

    def features(self, tracks: Tracks) -> np.ndarray:
        """Return the features of the aligned seqlets, shape (n, width, 2, C)."""
        features = tracks.windows(self.rows, self.starts)
        if self.is_reverse.any():
            features[self.is_reverse] = tracks.reverse_complement(features[self.is_reverse])
        return features

    def pattern(self, tracks: Tracks) -> np.ndarray:
        """Return the mean features, shape (width, 2, C)."""
        return mean_pattern(self.features(tracks))

    def centered(self, tracks: Tracks) -> Group:
        """Shift windows so that the center of mass of the attributions is in the middle."""
        weights = np.abs(self.pattern(tracks)[:, 0]).sum(axis=1)
        center = float(weights @ np.arange(tracks.width)) / max(weights.sum(), 1e-12)
        shift = round(center - (tracks.width - 1) / 2)
        # On the reverse strand the same shift moves the window to the left.
        return replace(self, starts=self.starts + np.where(self.is_reverse, -shift, shift))


def normalize(features: np.ndarray) -> np.ndarray:
    """Scale the actual and the hypothetical half of features (n, width, 2, C) to norm 1."""
    norms = np.sqrt(np.square(features).sum(axis=(1, 3), keepdims=True))
    return features / np.maximum(norms, 1e-12)


def mean_pattern(features: np.ndarray) -> np.ndarray:
    """Average features (n, width, 2, C) and normalize the result."""
    return normalize(features.mean(axis=0, keepdims=True))[0]


def group_seqlets(rows: np.ndarray, starts: np.ndarray, tracks: Tracks) -> list[Group]:
    """Group similar seqlets, which are passed in decreasing order of their attributions."""
    if len(rows) < 2:
        return []
    patterns = _initial_patterns(rows[:_MAX_COMPARED], starts[:_MAX_COMPARED], tracks)
    groups: list[Group] = []
    for _ in range(_N_ROUNDS):
        if not patterns:
            return []
        distinct = _drop_similar(np.stack(patterns), tracks)
        groups = [group.centered(tracks) for group in _assign(rows, starts, distinct, tracks)]
        patterns = [part for group in groups for part in _split(group.features(tracks), tracks)]
    return groups


def _initial_patterns(rows: np.ndarray, starts: np.ndarray, tracks: Tracks) -> list[np.ndarray]:
    """Return the patterns of average-linkage clusters, aligned with their most central seqlet."""
    features = tracks.windows(rows, starts)
    similarity, shifts, is_reverse = compare(features, features, tracks, tracks.width // 2)
    # Symmetric but for rounding, which `squareform` does not accept.
    similarity = np.clip((similarity + similarity.T) / 2, -1, 1)
    distances = 1 - similarity
    np.fill_diagonal(distances, 0)
    labels = fcluster(
        linkage(squareform(distances, checks=False), "average"), 1 - _MIN_WITHIN_CLUSTER, "distance"
    )
    patterns = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < _MIN_GROUP:
            continue
        center = members[similarity[np.ix_(members, members)].sum(axis=0).argmax()]
        group = Group(
            rows[members], starts[members] + shifts[members, center], is_reverse[members, center]
        )
        patterns.append(group.pattern(tracks))
    return patterns


def _drop_similar(patterns: np.ndarray, tracks: Tracks) -> np.ndarray:
    """Drop each pattern that is the same motif as an earlier one."""
    similarity, _, _ = compare(patterns, patterns, tracks, tracks.width // 2)
    kept: list[int] = []
    for i in range(len(patterns)):
        if not kept or similarity[i, kept].max() < _MIN_SAME_MOTIF:
            kept.append(i)
    return patterns[kept]


def _assign(
    rows: np.ndarray, starts: np.ndarray, patterns: np.ndarray, tracks: Tracks
) -> list[Group]:
    """Assign seqlets to their most similar pattern and align them; the largest groups first."""
    similarity, shifts, is_reverse = _align(rows, starts, patterns, tracks)
    chosen = similarity.argmax(axis=1)
    groups = []
    for i in range(len(patterns)):
        members = np.flatnonzero((chosen == i) & (similarity[:, i] >= _MIN_TO_JOIN))
        moved = starts[members] + shifts[members, i]
        # Two seqlets of the same sequence may be moved to the same window: count it once.
        _, first = np.unique(np.stack([rows[members], moved]), axis=1, return_index=True)
        members, moved = members[np.sort(first)], moved[np.sort(first)]
        if len(members) >= _MIN_GROUP:
            groups.append(Group(rows[members], moved, is_reverse[members, i]))
    return sorted(groups, key=lambda group: -len(group.rows))


def _split(features: np.ndarray, tracks: Tracks) -> list[np.ndarray]:
    """Return the pattern of a group, or the patterns of the motifs that are mixed in it.

    The first principal component is the direction in which seqlets differ most. If two motifs are
    mixed, its sign tells them apart, and the means of both halves are dissimilar. The halves of a
    single motif are similar however noisy it is.
    """
    flat = features.reshape(len(features), -1)
    flat = flat - flat.mean(axis=0)
    last = flat.shape[1] - 1
    component = eigh(flat.T @ flat, subset_by_index=[last, last])[1][:, 0]
    is_first = flat @ component > 0
    halves = [features[is_first], features[~is_first]]
    if min(len(half) for half in halves) >= _MIN_GROUP:
        first, second = (mean_pattern(half)[np.newaxis] for half in halves)
        if compare(first, second, tracks, tracks.width // 2)[0].item() < _MIN_SAME_MOTIF:
            return [part for half in halves for part in _split(half, tracks)]
    return [mean_pattern(features)]


def compare(
    features: np.ndarray, patterns: np.ndarray, tracks: Tracks, max_shift: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the similarity of features to patterns at the best shift and strand.

    Only the overlap counts, so that a large shift costs similarity.

    Returns
    -------
    similarity : ndarray of shape (n, n_patterns)
        Cosine similarity.
    shifts : ndarray of int of shape (n, n_patterns)
        Number of positions by which the start of the window moves to be aligned.
    is_reverse : ndarray of bool of shape (n, n_patterns)
        True where the reverse complement of the feature is aligned.
    """
    width = tracks.width
    best = _Best(len(features), len(patterns))
    # Reverse-complementing the pattern instead of the feature is the same, and cheaper.
    for strand, stranded in enumerate(tracks.strands(patterns)):
        for shift in range(-max_shift, max_shift + 1):
            left = features[:, max(shift, 0) : width + min(shift, 0)]
            right = stranded[:, max(-shift, 0) : width - max(shift, 0)]
            # Both halves have norm 1, hence the division by 2.
            similarity = left.reshape(len(left), -1) @ right.reshape(len(right), -1).T / 2
            best.update(similarity, shift, strand == 1)
    return best.similarity, best.shifts, best.is_reverse


def _align(
    rows: np.ndarray, starts: np.ndarray, patterns: np.ndarray, tracks: Tracks
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compare like :func:`compare`, but read the whole window of the sequence at each shift."""
    n, max_shift = len(rows), tracks.width // 2
    best = _Best(n, len(patterns))
    flat = [stranded.reshape(len(stranded), -1).T for stranded in tracks.strands(patterns)]
    for shift in range(-max_shift, max_shift + 1):
        features = tracks.windows(rows, starts + shift).reshape(n, -1)
        for strand, columns in enumerate(flat):
            best.update(features @ columns / 2, shift, strand == 1)
    return best.similarity, best.shifts, best.is_reverse


class _Best:
    """Best similarity so far of each window to each pattern, with its shift and strand."""

    def __init__(self, n: int, n_patterns: int):
        self.similarity = np.full((n, n_patterns), -np.inf, dtype=np.float32)
        self.shifts = np.zeros((n, n_patterns), dtype=np.int64)
        self.is_reverse = np.zeros((n, n_patterns), dtype=bool)

    def update(self, similarity: np.ndarray, shift: int, is_reverse: bool) -> None:
        is_better = similarity > self.similarity
        self.similarity[is_better] = similarity[is_better]
        self.shifts[is_better] = shift
        self.is_reverse[is_better] = is_reverse
