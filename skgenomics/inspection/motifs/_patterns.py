"""Groups of seqlets that are alike, each aligned with the others of its group."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.linalg import eigh
from scipy.spatial.distance import squareform

# So many seqlets are compared with each other; the others join the groups that these make.
_MAX_COMPARED = 2000
# Least similarity within a group, on the average; of a seqlet to its group; of groups that merge.
_ALIKE, _BELONGS, _SAME = 0.35, 0.4, 0.75
_N_ROUNDS = 4
_MIN_GROUP = 5


@dataclass(frozen=True)
class Tracks:
    """What seqlets are compared by, at every position.

    Parameters
    ----------
    values : ndarray of shape (n, L, 2, C)
        Attributions of the actual letters, and of all letters.
    margin : int
        Positions of zeros that were put at both ends.
    complement : ndarray of shape (C,) or None
        Pairs of letters; None if only one strand is looked at.
    width : int
        Positions of a seqlet.
    """

    values: np.ndarray
    margin: int
    complement: np.ndarray | None
    width: int

    @classmethod
    def make(cls, actual, hypothetical, complement, width: int) -> Tracks:
        """Of attributions (n, L, C), of the actual letters and of all."""
        hypothetical = hypothetical - hypothetical.mean(axis=2, keepdims=True)
        # As a share of the largest, so that both count alike whatever the method.
        both = [x / max(np.abs(x).max(), 1e-12) for x in (actual, hypothetical)]
        values = np.stack(both, axis=2).astype(np.float32)
        margin = 2 * width
        values = np.pad(values, ((0, 0), (margin, margin), (0, 0), (0, 0)))
        return cls(values, margin, complement, width)

    def windows(self, rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Features of spans, shape (n, width, 2, C); both halves have length 1."""
        columns = starts[:, np.newaxis] + self.margin + np.arange(self.width)
        columns = np.clip(columns, 0, self.values.shape[1] - 1)
        return normalize(self.values[rows[:, np.newaxis], columns])

    def turn(self, features: np.ndarray) -> np.ndarray:
        """Features on the other strand."""
        return features[:, ::-1][..., self.complement]

    def strands(self, features: np.ndarray) -> list[np.ndarray]:
        """Features, and those on the other strand if that is looked at."""
        return [features] if self.complement is None else [features, self.turn(features)]


@dataclass(frozen=True)
class Group:
    """Seqlets in line with each other: their rows, starts and whether they are turned around."""

    rows: np.ndarray
    starts: np.ndarray
    turned: np.ndarray
    seqlets: np.ndarray

    def features(self, tracks: Tracks) -> np.ndarray:
        """Features of the seqlets in line with each other, shape (n, width, 2, C)."""
        features = tracks.windows(self.rows, self.starts)
        if self.turned.any():
            features[self.turned] = tracks.turn(features[self.turned])
        return features

    def pattern(self, tracks: Tracks) -> np.ndarray:
        """Mean features, shape (width, 2, C)."""
        return mean_pattern(self.features(tracks))

    def centred(self, tracks: Tracks) -> Group:
        """The same with what counts in the middle of the window."""
        weights = np.abs(self.pattern(tracks)[:, 0]).sum(axis=1)
        middle = float(weights @ np.arange(tracks.width)) / max(weights.sum(), 1e-12)
        move = round(middle - (tracks.width - 1) / 2)
        return replace(self, starts=self.starts + np.where(self.turned, -move, move))


def normalize(features: np.ndarray) -> np.ndarray:
    """Give each of both halves of features (n, width, 2, C) the length 1."""
    lengths = np.sqrt(np.square(features).sum(axis=(1, 3), keepdims=True))
    return features / np.maximum(lengths, 1e-12)


def mean_pattern(features: np.ndarray) -> np.ndarray:
    """Mean of features (n, width, 2, C), both halves of length 1."""
    return normalize(features.mean(axis=0, keepdims=True))[0]


def group_seqlets(rows: np.ndarray, starts: np.ndarray, tracks: Tracks) -> list[Group]:
    """Group seqlets, the strongest of which come first, by the letters that count in them."""
    if len(rows) < 2:
        return []
    patterns = _first_patterns(rows[:_MAX_COMPARED], starts[:_MAX_COMPARED], tracks)
    groups: list[Group] = []
    for _ in range(_N_ROUNDS):
        if not patterns:
            return []
        patterns = _merge(np.stack(patterns), tracks)
        groups = [group.centred(tracks) for group in _assign(rows, starts, patterns, tracks)]
        patterns = [part for group in groups for part in _split(group.features(tracks), tracks)]
    return groups


def _split(features: np.ndarray, tracks: Tracks) -> list[np.ndarray]:
    """The pattern of a group, or those of the kinds that are mixed in it.

    What sets seqlets apart most, their first principal component, parts them in two; two motifs
    are mixed if these parts are not alike.
    """
    flat = features.reshape(len(features), -1)
    flat = flat - flat.mean(axis=0)
    last = flat.shape[1] - 1
    is_first = flat @ eigh(flat.T @ flat, subset_by_index=[last, last])[1][:, 0] > 0
    halves = [features[is_first], features[~is_first]]
    if min(len(half) for half in halves) >= _MIN_GROUP:
        patterns = np.stack([mean_pattern(half) for half in halves])
        if compare(patterns[:1], patterns[1:], tracks, tracks.width // 2)[0].item() < _SAME:
            return [part for half in halves for part in _split(half, tracks)]
    return [mean_pattern(features)]


def _first_patterns(rows, starts, tracks: Tracks) -> list[np.ndarray]:
    """Patterns of clusters by average linkage, each in line with its most central seqlet."""
    features = tracks.windows(rows, starts)
    similarity, shifts, turned = compare(features, features, tracks, tracks.width // 2)
    similarity = np.clip((similarity + similarity.T) / 2, -1, 1)
    distances = 1 - similarity
    np.fill_diagonal(distances, 0)
    labels = fcluster(
        linkage(squareform(distances, checks=False), "average"), 1 - _ALIKE, "distance"
    )
    patterns = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < _MIN_GROUP:
            continue
        centre = members[similarity[np.ix_(members, members)].sum(axis=0).argmax()]
        group = Group(
            rows[members],
            starts[members] + shifts[members, centre],
            turned[members, centre],
            members,
        )
        patterns.append(group.pattern(tracks))
    return patterns


def compare(features, patterns, tracks: Tracks, most: int):
    """The best similarity of each feature with each pattern, over shifts and strands.

    Returns
    -------
    similarity : ndarray of shape (n, n_patterns)
        Cosine.
    shifts : ndarray of int
        By how many positions the start of the feature moves to be in line.
    turned : ndarray of bool
        Whether the feature is on the other strand.
    """
    width = tracks.width
    best = np.full((len(features), len(patterns)), -np.inf, dtype=np.float32)
    shifts = np.zeros(best.shape, dtype=np.int64)
    turned = np.zeros(best.shape, dtype=bool)
    for strand, turned_patterns in enumerate(tracks.strands(patterns)):
        for shift in range(-most, most + 1):
            here = features[:, max(shift, 0) : width + min(shift, 0)]
            there = turned_patterns[:, max(-shift, 0) : width - max(shift, 0)]
            similarity = here.reshape(len(here), -1) @ there.reshape(len(there), -1).T / 2
            better = similarity > best
            best[better] = similarity[better]
            shifts[better] = shift
            turned[better] = strand == 1
    return best, shifts, turned


def _merge(patterns: np.ndarray, tracks: Tracks) -> np.ndarray:
    """Leave out patterns that are much like an earlier one."""
    similarity, _, _ = compare(patterns, patterns, tracks, tracks.width // 2)
    kept: list[int] = []
    for i in range(len(patterns)):
        if not kept or similarity[i, kept].max() < _SAME:
            kept.append(i)
    return patterns[kept]


def _assign(rows, starts, patterns, tracks: Tracks) -> list[Group]:
    """The seqlets of each pattern, in line with it; the largest groups first."""
    best, shifts, turned = _align(rows, starts, patterns, tracks)
    chosen = best.argmax(axis=1)
    groups = []
    for i in range(len(patterns)):
        members = np.flatnonzero((chosen == i) & (best[:, i] >= _BELONGS))
        moved = starts[members] + shifts[members, i]
        # Two seqlets of one site are one.
        _, first = np.unique(np.stack([rows[members], moved]), axis=1, return_index=True)
        members, moved = members[np.sort(first)], moved[np.sort(first)]
        if len(members) >= _MIN_GROUP:
            groups.append(Group(rows[members], moved, turned[members, i], members))
    return sorted(groups, key=lambda group: -len(group.rows))


def _align(rows, starts, patterns, tracks: Tracks):
    """As :func:`compare`, but whole windows are read anew at each shift."""
    n, most = len(rows), tracks.width // 2
    best = np.full((n, len(patterns)), -np.inf, dtype=np.float32)
    shifts = np.zeros(best.shape, dtype=np.int64)
    turned = np.zeros(best.shape, dtype=bool)
    flat = [p.reshape(len(p), -1).T for p in tracks.strands(patterns)]
    for shift in range(-most, most + 1):
        features = tracks.windows(rows, starts + shift).reshape(n, -1)
        for strand, columns in enumerate(flat):
            similarity = features @ columns / 2
            better = similarity > best
            best[better] = similarity[better]
            shifts[better] = shift
            turned[better] = strand == 1
    return best, shifts, turned
