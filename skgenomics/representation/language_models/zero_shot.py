"""Scores of variants by a language model that has seen no label."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from skgenomics.sequences import as_texts, decode, encode, is_text


class ZeroShotMixin:
    """Log-probabilities of alleles, for language models of letters."""

    def variant_scores(self, ref, alt) -> tuple[np.ndarray, np.ndarray]:
        """Log-probabilities of two alleles, without any label.

        :func:`skgenomics.genome.score_variants` calls it for the variants of a file.

        Parameters
        ----------
        ref, alt : text or uint8 codes
            Sequences with the reference and with the alternative allele, row by row of the same
            length.

        Returns
        -------
        ref, alt : ndarray of shape (n,)
            Log-probabilities in nats, whose difference is log P(alt) / P(ref).

            A masked model hides the letter in which two sequences differ, and tells both letters
            apart by what is around them, as GPN does. Where they differ in more than one letter, as
            behind an insertion or deletion, and in a causal model, both are the log-likelihoods of
            whole sequences. NaN where the one letter that differs is unknown in one of them.

        Raises
        ------
        ValueError
            If lengths differ, alleles are neither text nor codes, or the model was fitted on
            signals or tokens.
        """
        check_is_fitted(self)
        ref, alt = self._read_alleles(ref, alt)
        found = np.empty((2, len(ref)), dtype=self.dtype_)
        differs = ref != alt
        is_letter = (differs.sum(axis=1) == 1) & (not self._is_causal)
        rest = ~is_letter
        if rest.any():
            texts = (decode(x[rest], self.alphabet) for x in (ref, alt))
            found[:, rest] = [self._log_likelihoods(text)[0] for text in texts]
        if is_letter.any():
            columns = differs[is_letter].argmax(axis=1)
            chances = self._letter_log_probabilities(ref[is_letter], columns)
            found[:, is_letter] = [_pick(chances, x[is_letter], columns) for x in (ref, alt)]
            found[:, np.isnan(found).any(axis=0)] = np.nan
        return found[0], found[1]

    def _read_alleles(self, ref, alt) -> tuple[np.ndarray, np.ndarray]:
        if not self.has_letters_:
            raise ValueError("variants are changes of letters, but X of fit held none")
        (ref, ref_lengths), (alt, alt_lengths) = map(self._read_allele, (ref, alt))
        if len(ref) != len(alt):
            raise ValueError(f"ref and alt must be pairs, got {len(ref)} and {len(alt)} sequences")
        differs = ref_lengths != alt_lengths
        if differs.any():
            i = differs.argmax()
            raise ValueError(
                f"sequence {i} has {ref_lengths[i]} letters in ref, but {alt_lengths[i]} in alt; "
                "cut both to the same length"
            )
        return ref, alt

    def _read_allele(self, X) -> tuple[np.ndarray, np.ndarray]:
        """Codes, and the length of each sequence."""
        if is_text(X):
            return encode(X, self.alphabet), np.array([len(text) for text in as_texts(X)])
        X = np.asarray(X)
        if X.dtype != np.uint8 or X.ndim != 2:
            raise ValueError(
                "alleles must be text, or uint8 codes of shape (n, L), got an array of "
                f"{X.dtype} of shape {X.shape}"
            )
        return X, np.full(len(X), X.shape[1])

    def _letter_log_probabilities(self, codes: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Those of each letter at one hidden position of each sequence: (n, C)."""
        net = self.net_

        def compute(x: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
            places = torch.arange(len(x), device=x.device), columns
            is_asked = torch.zeros_like(x[:, 0], dtype=torch.bool)
            is_asked[places] = True
            scores = net.score(net.contents.hide(x, is_asked), net.module_.mask(x), places)
            return scores.log_softmax(dim=1)

        return self._map(decode(codes, self.alphabet), compute, columns)


def _pick(chances: np.ndarray, codes: np.ndarray, columns: np.ndarray) -> np.ndarray:
    rows = np.arange(len(codes))
    letters = codes[rows, columns]
    is_known = letters < chances.shape[1]
    return np.where(is_known, chances[rows, letters.clip(max=chances.shape[1] - 1)], np.nan)
