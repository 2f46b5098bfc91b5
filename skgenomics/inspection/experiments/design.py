"""Sequences made to have a score: by single edits, or by ascent on the input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
import torch
from sklearn.utils import Bunch

from skgenomics._utils.validation import check_integer, check_real
from skgenomics.inspection._scores import SequenceScore
from skgenomics.inspection.experiments._random_sequences import symbol_score
from skgenomics.inspection.mutations.substitutions import mutagenesis
from skgenomics.sequences import decode, encode, get_alphabet


def design(
    estimator,
    start: str,
    *,
    goal: str | float = "maximize",
    n_edits: int = 10,
    beam_width: int = 1,
    positions: Sequence[int] | None = None,
    symbols: str | None = None,
    target=None,
) -> Bunch:
    """Edit a sequence letter by letter until its score is as wanted.

    In each step all substitutions of one letter are scored, and the best one is made; with a
    `beam_width` above 1 the best few sequences are kept instead, and all of them edited on. The
    search ends after `n_edits` steps, or when no substitution helps any more.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator or a pipeline that ends in one; or any estimator of text.
    start : str
        The sequence to start from.
    goal : {"maximize", "minimize"} or float, default="maximize"
        Direction of the score, or the score to come close to, in the units of
        :class:`~skgenomics.inspection._scores.SequenceScore`.
    n_edits : int, default=10
        Largest number of substitutions.
    beam_width : int, default=1
        Number of sequences to go on with; 1 is the greedy search.
    positions : sequence of int, optional
        Positions that may be changed, from 0; by default all letters that are known. Unknown
        letters may be named too, but for those at the ends, which are padding.
    symbols : str, optional
        Letters that may be put in; by default all of the alphabet.
    target : object, optional
        What to look at, see :class:`~skgenomics.inspection._scores.SequenceScore`.

    Returns
    -------
    Bunch
        ``sequence`` (str) and its ``score``; ``start_score``; ``edits``, a DataFrame with a row
        for each step that leads there and the columns `position`, `ref`, `alt` and `score`; and
        ``beam``, a DataFrame of the sequences kept in the end, best first, with `sequence` and
        `score`.

    Raises
    ------
    ValueError
        If a position or letter is not there, or a setting is out of range.

    References
    ----------
    .. [1] Taskiran, I. I. et al. (2024). Cell-type-directed design of synthetic enhancers.
       Nature 626.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.inspection.experiments.design import design
    >>> X, y = ["ACGT", "AACC", "GGTT", "CCGT"], [1, 2, 0, 0]
    >>> model = make_pipeline(KmerCounter(k=1), Ridge(alpha=0.1)).fit(X, y)
    >>> result = design(model, "CCGT", n_edits=2)
    >>> result.sequence.count("A"), len(result.edits)
    (2, 2)
    """
    check_integer("n_edits", n_edits, 1)
    check_integer("beam_width", beam_width, 1)
    closeness = _closeness(goal)
    if not isinstance(start, str):
        raise ValueError(f"start must be one sequence of type str, got {type(start).__name__}")
    search = _Search(estimator, target, start, positions, symbols)
    best = search.first
    beam = [best]
    for _ in range(n_edits):
        edited = search.step(beam, closeness, beam_width)
        if not edited or closeness(edited[0].score) <= closeness(best.score):
            break
        best, beam = edited[0], edited
    texts = search.to_text(beam)
    return Bunch(
        sequence=texts[0],
        score=best.score,
        start_score=search.first.score,
        edits=pd.DataFrame(best.edits, columns=["position", "ref", "alt", "score"]),
        beam=pd.DataFrame({"sequence": texts, "score": [c.score for c in beam]}),
    )


@dataclass(frozen=True)
class _Candidate:
    """Codes of a sequence, its score, and the edits that led to it."""

    codes: np.ndarray
    score: float
    edits: tuple[tuple[int, str, str, float], ...] = ()


class _Search:
    """Searches among sequences that are one edit away from some others."""

    def __init__(self, estimator, target, start: str, positions, symbols):
        self.estimator, self.target, self.length = estimator, target, len(start)
        self.score = symbol_score(estimator, target)
        codes = self.score.read([start])
        self.names = self.score.symbols + get_alphabet(self.score.symbols).unknown_symbol
        self.places, self.new = _allowed_edits(
            codes[0, : len(start)], self.score.symbols, positions, symbols
        )
        self.first = _Candidate(codes[0], float(self.score.predict(codes)[0]))

    def to_text(self, beam: list[_Candidate]) -> list[str]:
        codes = np.stack([candidate.codes[: self.length] for candidate in beam])
        return decode(codes, self.score.symbols).tolist()

    def step(self, beam: list[_Candidate], closeness: Callable, width: int) -> list[_Candidate]:
        """The best few of all edited sequences, the best one first."""
        scores = self._edited_scores(beam)
        edited: dict[bytes, tuple[np.ndarray, _Candidate, int]] = {}
        # What changes nothing has no score, and comes last.
        for index in np.argsort(-closeness(scores), axis=None):
            row, edit = np.unravel_index(index, scores.shape)
            if np.isnan(scores[row, edit]) or len(edited) == width:
                break
            codes = beam[row].codes.copy()
            codes[self.places[edit]] = self.new[edit]
            edited.setdefault(codes.tobytes(), (codes, beam[row], edit))
        if not edited:
            return []
        exact = self.score.predict(np.stack([codes for codes, *_ in edited.values()]))
        found = [
            self._candidate(*entry, float(score))
            for entry, score in zip(edited.values(), exact, strict=True)
        ]
        return sorted(found, key=lambda candidate: -closeness(candidate.score))

    def _edited_scores(self, beam: list[_Candidate]) -> np.ndarray:
        """Scores after each edit, shape (len(beam), n_edits); NaN where it changes nothing."""
        first, last = int(self.places[0]), int(self.places[-1])
        effects = mutagenesis(
            self.estimator, self.to_text(beam), target=self.target, start=first, end=last + 1
        )
        before = np.array([[candidate.score] for candidate in beam])
        scores = before + effects[:, self.places - first, self.new]
        old = np.stack([candidate.codes[self.places] for candidate in beam])
        return np.where(old == self.new, np.nan, scores)

    def _candidate(self, codes, before: _Candidate, edit: int, score: float) -> _Candidate:
        place = int(self.places[edit])
        ref, alt = self.names[before.codes[place]], self.names[self.new[edit]]
        return _Candidate(codes, score, (*before.edits, (place, ref, alt, score)))


def _closeness(goal) -> Callable:
    """What tells how near a score is to the goal: the larger, the nearer."""
    if isinstance(goal, str) and goal in ("maximize", "minimize"):
        return (lambda score: score) if goal == "maximize" else (lambda score: -score)
    if isinstance(goal, Real) and np.isfinite(goal):
        return lambda score: -abs(score - goal)
    raise ValueError(f"goal must be 'maximize', 'minimize' or a finite number, got {goal!r}")


def _allowed_edits(
    codes: np.ndarray, alphabet: str, positions, symbols
) -> tuple[np.ndarray, np.ndarray]:
    """Position and new letter of each edit that may be made, by position."""
    known = np.flatnonzero(codes < len(alphabet))
    if not len(known):
        raise ValueError("start has no known letter to change")
    positions = known if positions is None else np.unique(np.asarray(positions))
    if positions.dtype.kind not in "iu" or not len(positions):
        raise ValueError(f"positions must be integers, one at least, got {positions.tolist()}")
    if positions[0] < known[0] or positions[-1] > known[-1]:
        raise ValueError(
            f"positions must be in [{known[0]}, {known[-1]}], from the first known letter to the "
            f"last one, got {positions.tolist()}"
        )
    new = np.arange(len(alphabet)) if symbols is None else np.unique(encode([symbols], alphabet))
    if new.max() >= len(alphabet):
        raise ValueError(f"letters must be among {alphabet!r}, got {symbols!r}")
    return np.repeat(positions, len(new)), np.tile(new, len(positions)).astype(np.uint8)


def class_optimization(
    estimator,
    target=None,
    *,
    penalty: float = 0.009,
    n_iter: int = 1000,
    learning_rate: float = 0.05,
) -> Bunch:
    """Find the input that a network scores highest: what it takes a class to look like.

    The score less ``penalty`` times the sum of squares of the input is maximised by RMSprop over
    a matrix of real numbers, from one that has the same share of each letter everywhere [1]_, [2]_.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, or a pipeline that ends in one, that reads letters or signals.
    target : object, optional
        What to maximise, see :class:`~skgenomics.inspection._scores.SequenceScore`.
    penalty : float, default=0.009
        Weight of the sum of squares.
    n_iter : int, default=1000
        Number of steps.
    learning_rate : float, default=0.05
        Length of a step.

    Returns
    -------
    Bunch
        - ``matrix``: ndarray of shape (L, C), the best input;
        - ``probabilities``: its softmax over the letters of each position, shape (L, C);
        - ``sequence``: the largest letters as str; None for signals;
        - ``score``: the score of the matrix;
        - ``sequence_score``: the score of the sequence; NaN for signals;
        - ``curve``: ndarray of shape (n_iter,), what was maximised, step by step.

    Raises
    ------
    ValueError
        If the estimator has no network that reads positions, or a setting is out of range.

    Notes
    -----
    The matrix is no sequence, and its score may be far from that of any. :func:`design` edits
    sequences and never leaves them.

    References
    ----------
    .. [1] Simonyan, K., Vedaldi, A. and Zisserman, A. (2014). Deep inside convolutional networks:
       visualising image classification models and saliency maps. ICLR workshop.
    .. [2] Lanchantin, J., Singh, R., Wang, B. and Qi, Y. (2017). Deep Motif Dashboard: visualizing
       and understanding genomic sequences using deep neural networks. Pacific Symposium on
       Biocomputing 22.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection.experiments.design import class_optimization
    >>> data = make_motif_classification(300, 40, motifs=["GATAAG"], random_state=0)
    >>> model = CNNClassifier(max_iter=8, random_state=0).fit(data.X, data.y)
    >>> result = class_optimization(model, n_iter=30)
    >>> result.matrix.shape, len(result.sequence), bool(result.curve[-1] > result.curve[0])
    ((40, 4), 40, True)
    """
    check_integer("n_iter", n_iter, 1)
    check_real("penalty", penalty, 0)
    check_real("learning_rate", learning_rate, 0, inclusive=False)
    score = SequenceScore(estimator, target)
    weight = next(score.network.parameters())
    shape = (1, score.n_channels, score.estimator.length_)
    x = torch.full(shape, 1 / score.n_channels, dtype=weight.dtype, device=weight.device)
    x.requires_grad_(True)
    optimizer = torch.optim.RMSprop([x], lr=learning_rate)
    curve = np.empty(n_iter)
    for i in range(n_iter):
        gain = score(x)[0] - penalty * x.square().sum()
        # Only the input has a gradient to keep; that of the weights is left alone.
        x.grad = -torch.autograd.grad(gain, x)[0]
        curve[i] = gain.item()
        optimizer.step()
    return _describe(score, x.detach(), curve)


def _describe(score: SequenceScore, x: torch.Tensor, curve: np.ndarray) -> Bunch:
    sequence, sequence_score = None, np.nan
    codes = x.argmax(dim=1).to(torch.uint8).cpu().numpy()
    with torch.no_grad():
        value = score(x).item()
        if score.symbols is not None:
            sequence = decode(codes, score.symbols)[0]
            sequence_score = score(score.to_channels(codes)).item()
    return Bunch(
        matrix=x[0].T.cpu().numpy(),
        probabilities=x[0].softmax(dim=0).T.cpu().numpy(),
        sequence=sequence,
        score=value,
        sequence_score=sequence_score,
        curve=curve,
    )
