"""Scores of tables of substitutions, such as those of deep mutational scans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from skgenomics._outputs import Predictor, Reduction, takes_pairs
from skgenomics._utils.validation import check_integer
from skgenomics.alphabets import Alphabet, get_alphabet
from skgenomics.sequences import is_frame

_SUBSTITUTION = re.compile(r"([^\d\s])(\d+)([^\d\s])")
_COLUMN = "mutant"
# Residues that are predicted at a time.
_RESIDUES_PER_BATCH = 2_000_000


def score_substitutions(
    estimator,
    substitutions,
    sequence: str,
    *,
    target=None,
    first_position: int = 1,
    alphabet: str = "protein",
) -> pd.DataFrame:
    """Predict the effects of listed substitutions in one sequence.

    Tables of deep mutational scans, such as those of ProteinGym [1]_, name variants by their
    substitutions: "A24G" replaces the A at position 24 by G, and "A24G:L30P" makes two
    substitutions at once.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor, or a pipeline, that takes sequences as text; or a model
        that was trained without labels: a language model, whose scores are those of
        :meth:`~skgenomics.MaskedLanguageModel.variant_scores`, or a
        :class:`~skgenomics.SequenceVAE`, whose scores are bounds of log-likelihoods.
    substitutions : array-like of str of shape (n_variants,), or DataFrame
        Variants; of a frame the column "mutant".
    sequence : str
        The wild-type sequence.
    target : object, default=None
        Output to score, see :func:`~skgenomics.inspection.attribute`. By default the second of two
        classes, or the only target.
    first_position : int, default=1
        Position that the variants give the first residue of `sequence`.
    alphabet : str, default="protein"
        Alphabet of `sequence`: "protein", "dna", "rna" or the symbols.

    Returns
    -------
    DataFrame
        One row per variant, in the order and with the index of `substitutions`:

        - `mutant` (str) and `n_substitutions` (int);
        - `ref`, `alt`: prediction for the wild type and for the variant;
        - `delta`: `alt` - `ref`, and `log_odds`: the difference of log-odds, NaN if predictions are
          not probabilities, as in :func:`~skgenomics.genome.score_variants`. Of a model without
          labels, `delta` is the log-likelihood ratio.

    Raises
    ------
    ValueError
        If a variant is malformed, names a symbol that is not in the alphabet, a position outside
        of the sequence, one position twice, or another wild type than the sequence has there; the
        message names the row.

    See Also
    --------
    mutagenesis : Effects of all single substitutions.
    skgenomics.genome.score_variants : Effects of variants of a genome.

    References
    ----------
    .. [1] Notin, P. et al. (2023). ProteinGym: large-scale benchmarks for protein fitness
       prediction and design. NeurIPS 36.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.inspection import score_substitutions
    >>> model = make_pipeline(KmerCounter(k=1, alphabet="protein"), Ridge())
    >>> model = model.fit(["AAAA", "AWAA", "AWWA", "LLAA"], [0.0, 1.0, 2.0, 0.0])
    >>> table = score_substitutions(model, ["A2W", "A2W:A4W"], "AAAL")
    Traceback (most recent call last):
    ValueError: row 1 of the substitutions, from 0: 'A4W' replaces A at position 4, but the \
sequence has L there
    >>> table = score_substitutions(model, ["A2W", "A2W:L4W"], "AAAL")
    >>> table["n_substitutions"].tolist(), bool(table["delta"].is_monotonic_increasing)
    ([1, 2], True)
    """
    check_integer("first_position", first_position, -(10**9))
    symbols = get_alphabet(alphabet)
    names, index = _read_names(substitutions)
    if not isinstance(sequence, str) or not sequence:
        raise ValueError(f"sequence must be a str of residues, got {sequence!r:.80}")
    sequence = sequence.upper()
    reader = _Reader(sequence, first_position, symbols)
    variants = [reader.apply(name, row) for row, name in enumerate(names)]
    score = _Comparison(estimator, target, sequence)
    scores = [score(batch) for batch in _batches(variants, len(sequence))]
    ref, alt, log_odds = np.concatenate(scores, axis=1) if scores else np.empty((3, 0))
    columns = {
        "mutant": names,
        "n_substitutions": [name.count(":") + 1 for name in names],
        "ref": ref,
        "alt": alt,
        "delta": alt - ref,
        "log_odds": log_odds,
    }
    return pd.DataFrame(columns, index=index)


def _read_names(substitutions) -> tuple[list[str], pd.Index | None]:
    """Names of the variants, and the index of the series or frame that they come from."""
    if is_frame(substitutions):
        if _COLUMN not in substitutions.columns:
            raise ValueError(
                f"the frame of substitutions has no column {_COLUMN!r}, only "
                f"{list(substitutions.columns)}"
            )
        substitutions = substitutions[_COLUMN]
    if isinstance(substitutions, str):
        raise ValueError(f"substitutions must be a list of variants, got {substitutions!r:.80}")
    names = list(substitutions)
    for row, name in enumerate(names):
        if not isinstance(name, str):
            raise ValueError(f"row {row} of the substitutions, from 0, is {name!r}, not a str")
    return names, getattr(substitutions, "index", None) if hasattr(substitutions, "iloc") else None


class _Reader:
    """Reader of variants of one sequence.

    Parameters
    ----------
    sequence : str
        Wild-type sequence, in upper case.
    first_position : int
        Position of its first residue.
    alphabet : Alphabet
        Its alphabet.
    """

    def __init__(self, sequence: str, first_position: int, alphabet: Alphabet):
        self.sequence = sequence
        self.first = first_position
        self.symbols = alphabet.symbols.upper()
        if alphabet.is_nucleic:
            self.symbols += "UT"

    def apply(self, name: str, row: int) -> str:
        """Return the sequence of a variant."""
        residues = list(self.sequence)
        seen = set()
        for part in name.split(":"):
            match = _SUBSTITUTION.fullmatch(part.strip().upper())
            if match is None:
                raise self._error(row, f"{part!r} is not a substitution such as 'A24G'")
            before, number, after = match.groups()
            position = int(number) - self.first
            if not 0 <= position < len(residues):
                last = self.first + len(residues) - 1
                reason = f"{part!r} is at a position outside of {self.first} to {last}"
                raise self._error(row, f"{reason}; set `first_position` if numbers start elsewhere")
            if self.sequence[position] != before:
                found = self.sequence[position]
                reason = f"{part!r} replaces {before} at position {number}"
                raise self._error(row, f"{reason}, but the sequence has {found} there")
            if after not in self.symbols:
                reason = f"{part!r} has {after!r}, which is not a symbol of {self.symbols!r}"
                raise self._error(row, reason)
            if position in seen:
                raise self._error(row, f"{name!r} names position {number} twice")
            seen.add(position)
            residues[position] = after
        return "".join(residues)

    def _error(self, row: int, reason: str) -> ValueError:
        return ValueError(f"row {row} of the substitutions, from 0: {reason}")


def _batches(variants: list[str], length: int) -> Iterator[list[str]]:
    size = max(1, _RESIDUES_PER_BATCH // length)
    for start in range(0, len(variants), size):
        yield variants[start : start + size]


class _Comparison:
    """Scores of the wild type and of variants, and differences of log-odds.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    target : object
        Output to score.
    sequence : str
        Wild-type sequence.
    """

    def __init__(self, estimator, target, sequence: str):
        self.sequence = sequence
        self.pairs: Callable | None = None
        if takes_pairs(estimator):
            if target is not None:
                raise ValueError(
                    f"target={target!r}, but {type(estimator).__name__} has neither classes nor "
                    "targets; leave it None"
                )
            self.pairs = estimator.variant_scores
            return
        self.predictor = Predictor(estimator)
        self.reduction: Reduction = self.predictor.describe([sequence]).select(target)
        self.ref_raw = self.predictor([sequence])

    def __call__(self, variants: list[str]) -> np.ndarray:
        """Return predictions of the wild type, of variants, and log-odds, (3, n_variants)."""
        n = len(variants)
        if self.pairs is not None:
            ref, alt = self.pairs([self.sequence] * n, variants)
            return np.stack([ref, alt, np.full(n, np.nan)]).astype(float)
        raw = self.predictor(variants)
        ref, alt = (self.reduction.predict(x) for x in (self.ref_raw, raw))
        log_odds = self.reduction.log_odds(raw) - self.reduction.log_odds(self.ref_raw)
        return np.stack([np.broadcast_to(ref, n), alt, log_odds])
