"""Design of sequences with a desired score: by substitutions, or by gradient ascent."""

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
from skgenomics.inspection._text_scores import find_sequence_column
from skgenomics.inspection.experiments._random_sequences import symbol_score
from skgenomics.inspection.mutations.substitutions import mutagenesis
from skgenomics.sequences import decode, encode, get_alphabet


def design(
    estimator,
    start: str | pd.DataFrame,
    *,
    goal: str | float = "maximize",
    n_edits: int = 10,
    beam_width: int = 1,
    positions: Sequence[int] | None = None,
    symbols: str | None = None,
    target=None,
    sequence_column: str | None = None,
) -> Bunch:
    """Substitute symbols of a sequence one by one until its score is as desired.

    In each step all single substitutions are scored, and the best one is made; with a `beam_width`
    above 1 the best few sequences are kept and edited further. The search ends after `n_edits`
    steps, or when no substitution improves the score.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator or a pipeline that ends in one; or any estimator of text.
    start : str or DataFrame of one row
        Initial sequence; for an estimator of several columns a sample, whose other columns are
        kept.
    goal : {"maximize", "minimize"} or float, default="maximize"
        Direction of the score, or the score to approach, on the scale of
        :func:`~skgenomics.inspection.attribute`.
    n_edits : int, default=10
        Maximum number of substitutions.
    beam_width : int, default=1
        Number of sequences that are kept in each step; 1 is greedy search.
    positions : sequence of int or None, default=None
        Positions that may be changed; by default all with a known symbol. Unknown symbols may be
        named too, except at the ends, which are padding.
    symbols : str or None, default=None
        Symbols that may be inserted; by default all of the alphabet.
    target : object, default=None
        Output to score, see :func:`~skgenomics.inspection.attribute`.
    sequence_column : str or None, default=None
        Column of the sequence in a frame; by default the only one.

    Returns
    -------
    Bunch
        ``sequence`` (str) and its ``score``; ``start_score``; ``edits``, a DataFrame with a row
        for each substitution and the columns `position`, `ref`, `alt` and `score`; and ``beam``, a
        DataFrame of the sequences kept in the end, best first, with `sequence` and `score`.

    Raises
    ------
    ValueError
        If a position or symbol does not exist, or a parameter is invalid.

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
    is_sample = isinstance(start, pd.DataFrame) and len(start) == 1
    if not isinstance(start, str) and not is_sample:
        raise ValueError(
            "start must be one sequence of type str, or a frame of one row for estimators of "
            f"several columns, got {type(start).__name__}"
        )
    search = _Search(estimator, target, start, positions, symbols, sequence_column)
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
    """A sequence, its score, and the substitutions that led to it."""

    codes: np.ndarray
    score: float
    edits: tuple[tuple[int, str, str, float], ...] = ()


class _Search:
    """Search among sequences that are one substitution away from those of a beam."""

    def __init__(
        self, estimator, target, start: str | pd.DataFrame, positions, symbols, sequence_column
    ):
        self.estimator, self.target = estimator, target
        self.sample: pd.DataFrame | None = None
        self.column = sequence_column
        sequence = start
        if isinstance(start, pd.DataFrame):
            self.sample = start
            self.column = find_sequence_column(estimator, start, sequence_column)
            sequence = start[self.column].iloc[0]
        self.length = len(sequence)
        self.score = symbol_score(estimator, target, self.column)
        codes = self.score.read([start] if isinstance(start, str) else start)
        self.names = self.score.symbols + get_alphabet(self.score.symbols).unknown_symbol
        self.positions, self.new = _allowed_edits(
            codes[0, : self.length], self.score.symbols, positions, symbols
        )
        self.first = _Candidate(codes[0], float(self.score.predict(codes)[0]))

    def to_text(self, beam: list[_Candidate]) -> list[str]:
        codes = np.stack([candidate.codes[: self.length] for candidate in beam])
        return decode(codes, self.score.symbols).tolist()

    def to_input(self, beam: list[_Candidate]):
        """Return sequences as the estimator reads them, in frames with the columns of the start."""
        texts = self.to_text(beam)
        if self.sample is None:
            return texts
        return pd.concat([self.sample] * len(texts), ignore_index=True).assign(
            **{self.column: texts}
        )

    def step(self, beam: list[_Candidate], closeness: Callable, width: int) -> list[_Candidate]:
        """Return the best of all edited sequences, the best one first."""
        scores = self._edited_scores(beam)
        edited: dict[bytes, tuple[np.ndarray, _Candidate, int]] = {}
        # Substitutions by the symbol that is present are NaN, which sorts last.
        for index in np.argsort(-closeness(scores), axis=None):
            row, edit = np.unravel_index(index, scores.shape)
            if np.isnan(scores[row, edit]) or len(edited) == width:
                break
            codes = beam[row].codes.copy()
            codes[self.positions[edit]] = self.new[edit]
            edited.setdefault(codes.tobytes(), (codes, beam[row], edit))
        if not edited:
            return []
        all_codes = np.stack([codes for codes, *_ in edited.values()])
        exact = self.score.predict(all_codes, np.zeros(len(all_codes), dtype=int))
        found = [
            self._candidate(*entry, float(score))
            for entry, score in zip(edited.values(), exact, strict=True)
        ]
        return sorted(found, key=lambda candidate: -closeness(candidate.score))

    def _edited_scores(self, beam: list[_Candidate]) -> np.ndarray:
        """Score each substitution, of shape (len(beam), n_edits); NaN where it changes nothing."""
        first, last = int(self.positions[0]), int(self.positions[-1])
        effects = mutagenesis(
            self.estimator,
            self.to_input(beam),
            target=self.target,
            start=first,
            end=last + 1,
            sequence_column=self.column,
        )
        before = np.array([[candidate.score] for candidate in beam])
        scores = before + effects[:, self.positions - first, self.new]
        old = np.stack([candidate.codes[self.positions] for candidate in beam])
        return np.where(old == self.new, np.nan, scores)

    def _candidate(self, codes, before: _Candidate, edit: int, score: float) -> _Candidate:
        position = int(self.positions[edit])
        ref, alt = self.names[before.codes[position]], self.names[self.new[edit]]
        return _Candidate(codes, score, (*before.edits, (position, ref, alt, score)))


def _closeness(goal) -> Callable:
    """Return a function that is the larger, the nearer a score is to the goal."""
    if isinstance(goal, str) and goal in ("maximize", "minimize"):
        return (lambda score: score) if goal == "maximize" else (lambda score: -score)
    if isinstance(goal, Real) and np.isfinite(float(goal)):
        return lambda score: -abs(score - goal)
    raise ValueError(f"goal must be 'maximize', 'minimize' or a finite number, got {goal!r}")


def _allowed_edits(
    codes: np.ndarray, alphabet: str, positions, symbols
) -> tuple[np.ndarray, np.ndarray]:
    """Return position and new symbol of each allowed substitution, by position."""
    known = np.flatnonzero(codes < len(alphabet))
    if not len(known):
        raise ValueError("start has no known symbol to change")
    positions = known if positions is None else np.unique(np.asarray(positions))
    if positions.dtype.kind not in "iu" or not len(positions):
        raise ValueError(f"positions must be at least one integer, got {positions.tolist()}")
    if positions[0] < known[0] or positions[-1] > known[-1]:
        raise ValueError(
            f"positions must be in [{known[0]}, {known[-1]}], from the first known symbol to the "
            f"last one, got {positions.tolist()}"
        )
    new = np.arange(len(alphabet)) if symbols is None else np.unique(encode([symbols], alphabet))
    if new.max() >= len(alphabet):
        raise ValueError(f"symbols must be among {alphabet!r}, got {symbols!r}")
    return np.repeat(positions, len(new)), np.tile(new, len(positions)).astype(np.uint8)


def class_optimization(
    estimator,
    target=None,
    *,
    penalty: float = 0.009,
    n_iter: int = 1000,
    learning_rate: float = 0.05,
) -> Bunch:
    """Find the input that maximizes the score of a network.

    The score minus ``penalty`` times the sum of squares of the input is maximized by RMSprop over
    a real matrix, starting from equal shares of all symbols [1]_, [2]_.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, or a pipeline that ends in one, that reads sequences or signals.
    target : object, default=None
        Output to maximize, see :func:`~skgenomics.inspection.attribute`.
    penalty : float, default=0.009
        Weight of the sum of squares.
    n_iter : int, default=1000
        Number of steps.
    learning_rate : float, default=0.05
        Learning rate of the optimizer.

    Returns
    -------
    Bunch
        - ``matrix``: ndarray of shape (n_positions, n_channels), the best input;
        - ``probabilities``: its softmax over the symbols of each position, of the same shape;
        - ``sequence``: symbols of the largest entries as str; None for signals;
        - ``score``: score of the matrix;
        - ``sequence_score``: score of the sequence; NaN for signals;
        - ``curve``: ndarray of shape (n_iter,), the objective at each step.

    Raises
    ------
    ValueError
        If the estimator has no network that reads positions, or a parameter is invalid.

    Notes
    -----
    The matrix is not a sequence, and its score may be far from that of any sequence.
    :func:`design` edits sequences and never leaves them.

    References
    ----------
    .. [1] Simonyan, K., Vedaldi, A. and Zisserman, A. (2014). Deep inside convolutional networks:
       visualizing image classification models and saliency maps. ICLR workshop.
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
        # Gradients of the parameters are neither computed nor changed.
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
