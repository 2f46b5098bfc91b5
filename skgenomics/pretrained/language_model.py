"""Likelihoods of a pretrained language model, without any training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.pretrained._pooled_model import POOLINGS, apply
from skgenomics.pretrained._tokenization import PADDING, stack_windows
from skgenomics.pretrained.embedder import PretrainedEmbedder
from skgenomics.sequences import get_alphabet


class _TokenizedSequence(NamedTuple):
    """A sequence and its tokens: without special ones, their spans, and with special ones."""

    text: str
    tokens: np.ndarray
    spans: np.ndarray
    inputs: np.ndarray


class _Query(NamedTuple):
    """An input of the model, and the tokens whose probabilities are asked for.

    `rows` are indices of tokens in `inputs`, special tokens included.
    """

    inputs: np.ndarray
    rows: np.ndarray


class PretrainedLanguageModel(PretrainedEmbedder):
    """Likelihoods, variant scores and embeddings of a pretrained DNA language model.

    Checkpoints of Hugging Face's transformers with a masked or causal language-model head are
    supported, such as those of DNABERT [1]_, DNABERT-2 [2]_, Nucleotide Transformer [3]_ and
    HyenaDNA [4]_. The model is not trained: :meth:`fit` reads the checkpoint. Needs transformers:
    ``pip install "skgenomics[lm]"``.

    Parameters
    ----------
    name_or_path : str or Path
        Folder that holds a checkpoint, or else its name on the Hugging Face hub.
    n_passes : int or None, default=None
        Number of forward passes over which a masked model distributes the tokens of a sequence:
        each pass masks and scores every `n_passes`-th token. None masks one token at a time, which
        is exact [5]_ but takes one forward pass per token. A causal model needs a single pass.
    pooling : {"mean", "cls", "last", "max", "none"}, default="mean"
        Pooling of the hidden states in :meth:`transform`, as in :class:`PretrainedEmbedder`; "none"
        gives an embedding of each position.
    layer : int, default=-1
        Index of the hidden states: 0 for the input of the first layer, 1 for its output, -1 for the
        last hidden states.
    max_tokens : int or None, default=None
        Maximum number of tokens of a sequence, special ones included; None for that of the
        checkpoint.
    batch_size : int, default=32
        Maximum number of sequences in a batch.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein" or the symbols themselves; codes and one-hot channels follow their
        order.
    revision : str or None, default=None
        Commit, tag or branch of a checkpoint on the hub. A commit makes results reproducible.
    trust_remote_code : bool, default=False
        If True, a checkpoint may run its own Python files on your machine.
    save_base : bool, default=True
        If True, a saved estimator includes the parameters of the checkpoint and works without it.
        Otherwise the checkpoint is read again from `name_or_path`, and it is an error if its
        parameters have changed.
    device : str, default="auto"
        "cpu", "cuda", "cuda:1", ...; "auto" uses a GPU if there is one.

    Attributes
    ----------
    is_causal_ : bool
        Whether the model predicts a token from those before it, rather than from both flanks.
    network_ : torch.nn.Module
        Model with its head and pooling.
    tokenizer_ : transformers.PreTrainedTokenizerBase
        Tokenizer of the checkpoint.
    hidden_size_ : int
        Size of the embeddings.
    max_tokens_ : int or None
        Maximum number of tokens of a sequence; None if not limited.
    revision_ : str or None
        Commit of a checkpoint on the hub.
    checkpoint_files_ : dict of str to bytes
        Configuration and tokenizer files of the checkpoint.
    checkpoint_code_ : RemoteCode or None
        Python files of the checkpoint, if it runs any.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit, if it was a DataFrame with string names.
    input_form_ : {"text", "codes", "channels"}
        Format of X in fit.

    See Also
    --------
    PretrainedClassifier : Fine-tuned model with a classification head.
    SequenceLabeler : Labels of positions, with the fitted model as ``pretrained=``.
    MaskedLanguageModel : Masked language model that is trained from scratch.

    Notes
    -----
    The log-likelihood of a token is the log-softmax of the logits of the model over its vocabulary.
    Tokens with an unknown symbol are not scored, and neither is the first token of a causal model
    whose tokenizer puts no special token in front of it.

    Overlapping k-mers (DNABERT) reveal a masked token. Therefore all tokens that overlap a scored
    one are masked along with it, and likelihoods are scaled to count each position once.

    References
    ----------
    .. [1] Ji et al., DNABERT, Bioinformatics 37, 2021.
    .. [2] Zhou et al., DNABERT-2, ICLR 2024.
    .. [3] Dalla-Torre et al., Nucleotide Transformer, Nature Methods 22, 2025.
    .. [4] Nguyen et al., HyenaDNA, NeurIPS 2023.
    .. [5] Salazar et al., Masked language model scoring, ACL 2020.

    Examples
    --------
    >>> import tempfile
    >>> from skgenomics.pretrained import PretrainedLanguageModel
    >>> from skgenomics.testing import make_checkpoint
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     make_checkpoint(folder, hidden_size=8)
    ...     model = PretrainedLanguageModel(folder, pooling="none").fit(["ACGTTATAAAGC"])
    >>> model.score_samples(["ACGTTATAAAGC", "GGC"]).shape
    (2,)
    >>> ref, alt = model.variant_scores(["ACGTTATAAAGC"], ["ACGTTCTAAAGC"])
    >>> log_likelihood_ratio = alt - ref
    >>> model.predict_masked(["ACGTNATAAAGC"])[0, 4].shape
    (4,)
    >>> model.transform(["ACGTTATAAAGC", "GGC"]).shape
    (2, 12, 8)
    """

    # Likelihoods of windows cannot be combined to that of a sequence.
    overflow = "error"
    _with_head = True
    _poolings = (*POOLINGS, "none")

    def __init__(
        self,
        name_or_path: str | PathLike,
        *,
        n_passes: int | None = None,
        pooling: str = "mean",
        layer: int = -1,
        max_tokens: int | None = None,
        batch_size: int = 32,
        alphabet: str = "ACGT",
        revision: str | None = None,
        trust_remote_code: bool = False,
        save_base: bool = True,
        device: str = "auto",
    ):
        self.name_or_path = name_or_path
        self.n_passes = n_passes
        self.pooling = pooling
        self.layer = layer
        self.max_tokens = max_tokens
        self.batch_size = batch_size
        self.alphabet = alphabet
        self.revision = revision
        self.trust_remote_code = trust_remote_code
        self.save_base = save_base
        self.device = device

    def transform(self, X) -> np.ndarray:
        """Embed sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as text, uint8 codes or channels.

        Returns
        -------
        ndarray of shape (n_samples, hidden_size) or (n_samples, length, hidden_size)
            Pooled hidden states; with ``pooling="none"`` the hidden state of each position, which
            is the mean of those of the tokens that span it, and zero at padding.
        """
        return super().transform(X)

    def score_samples(self, X) -> np.ndarray:
        """Compute the mean log-likelihood per position of each sequence.

        For a masked model it is a pseudo-log-likelihood: the mean over tokens that are masked in
        turn.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`transform`.

        Returns
        -------
        ndarray of shape (n_samples,)
            Log-likelihoods in nats, averaged over the positions of scored tokens; NaN if there are
            none.
        """
        totals, n_positions = self._log_likelihoods(self._read_sequences(X))
        return np.divide(
            totals, n_positions, out=np.full_like(totals, np.nan), where=n_positions > 0
        )

    def score(self, X, y=None) -> float:
        """Compute the mean log-likelihood per position of all sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`transform`.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        float
            Log-likelihood in nats, averaged over the positions of all scored tokens; NaN if there
            are none.
        """
        totals, n_positions = self._log_likelihoods(self._read_sequences(X))
        n = n_positions.sum()
        return float(totals.sum() / n) if n else np.nan

    def variant_scores(self, ref, alt) -> tuple[np.ndarray, np.ndarray]:
        """Compute the log-probabilities of reference and alternative alleles.

        :func:`skgenomics.genome.score_variants` calls this method for the variants of a file.

        Parameters
        ----------
        ref : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences with the reference allele.
        alt : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences with the alternative allele.

        Returns
        -------
        ref_scores : ndarray of shape (n_samples,)
            Log-probabilities of the reference alleles in nats.
        alt_scores : ndarray of shape (n_samples,)
            Log-probabilities of the alternative alleles, so that ``alt_scores - ref_scores`` is the
            log-likelihood ratio.

        Raises
        ------
        ValueError
            If the numbers of sequences differ.

        Notes
        -----
        For a single substitution that does not move the borders of tokens, a masked model masks the
        tokens that span it and sums the log-probabilities of the tokens of both alleles there
        (masked marginals). In all other cases (several differing positions, insertions, deletions,
        byte pairs that split in another way, causal models) the scores are log-likelihoods of the
        whole sequences, as in :meth:`score_samples` but summed over positions. Scores are NaN where
        the only differing symbol is unknown in one of both sequences.
        """
        refs, alts = self._read_sequences(ref), self._read_sequences(alt)
        if len(refs) != len(alts):
            raise ValueError(
                f"ref and alt must be pairs, got {len(refs)} and {len(alts)} sequences"
            )
        scores = np.full((2, len(refs)), np.nan)
        pairs = list(zip(refs, alts, strict=True))
        is_comparable = np.array([not self._is_unknown(*pair) for pair in pairs])
        is_marginal = np.array([self._is_marginal(*pair) for pair in pairs])
        whole = np.flatnonzero(is_comparable & ~is_marginal)
        for row, sequences in enumerate((refs, alts)):
            if len(whole):
                scores[row, whole] = self._log_likelihoods([sequences[i] for i in whole])[0]
        indices = np.flatnonzero(is_comparable & is_marginal)
        queries = [self._mask(refs[i], refs[i].tokens != alts[i].tokens) for i in indices]
        for i, log_proba in zip(indices, self._log_proba(queries), strict=True):
            differs = refs[i].tokens != alts[i].tokens
            for row, sequence in enumerate((refs[i], alts[i])):
                tokens = sequence.tokens[differs]
                scores[row, i] = log_proba[np.arange(len(tokens)), tokens].sum()
        return scores[0], scores[1]

    def predict_masked(self, X, positions: str = "unknown") -> np.ndarray:
        """Predict symbols from their flanks.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`transform`.
        positions : {"unknown", "all"}, default="unknown"
            Positions to predict: those of unknown symbols, such as "N" in DNA; or all of them, one
            at a time.

        Returns
        -------
        ndarray of shape (n_samples, length, n_symbols)
            Probabilities of the symbols. Tokens that span a predicted position are masked; their
            probabilities are restricted to words that agree with the other known symbols of the
            token, and averaged over overlapping tokens. Positions that are not predicted are
            one-hot. Zero at padding.

        Raises
        ------
        ValueError
            If the model is causal, or its vocabulary has no word for a masked token.
        """
        check_is_fitted(self)
        check_choice("positions", positions, ("unknown", "all"))
        if self.is_causal_:
            raise ValueError(
                "predict_masked needs a masked language model, but this checkpoint is causal; use "
                "score_samples or variant_scores"
            )
        alphabet = get_alphabet(self.alphabet)
        symbols, unknown = alphabet.symbols.upper(), alphabet.unknown_symbol
        texts = self._read_texts(X, reset=False)
        proba = np.zeros((len(texts), max(map(len, texts)), len(symbols)), dtype=np.float32)
        for i, text in enumerate(texts):
            for position, symbol in enumerate(text):
                if symbol in symbols:
                    proba[i, position, symbols.index(symbol)] = 1
        # Any known symbol instead of an unknown one gives the token that is to be masked.
        sequences = self._tokenize([text.replace(unknown, symbols[0]) for text in texts])
        tasks = []
        for i, text in enumerate(texts):
            sequence = sequences[i]
            wanted = [p for p, s in enumerate(text) if positions == "all" or s == unknown]
            groups = [wanted] if positions == "unknown" else [[p] for p in wanted]
            for group in filter(None, groups):
                is_masked = _spans_any(sequence.spans, group)
                tasks.append((i, group, sequence.spans[is_masked], self._mask(sequence, is_masked)))
        words = _WordTable(self._tokens.words(), symbols)
        results = self._log_proba([query for *_, query in tasks])
        for (i, group, spans, _), log_proba in zip(tasks, results, strict=True):
            for position in group:
                covers = (spans[:, 0] <= position) & (position < spans[:, 1])
                proba[i, position] = np.mean(
                    [
                        words.marginal(scores, texts[i][start:end], position - start)
                        for scores, (start, end) in zip(
                            log_proba[covers], spans[covers], strict=True
                        )
                    ],
                    axis=0,
                )
        return proba

    def _check_reading(self) -> None:
        super()._check_reading()
        if self.n_passes is not None:
            check_integer("n_passes", self.n_passes, 1)

    def _load(self) -> None:
        super()._load()
        model: Any = self._pooled
        self.is_causal_ = _is_causal(model.model)
        if not self.is_causal_ and self.tokenizer_.mask_token_id is None:
            raise ValueError(
                f"the tokenizer of {str(self.name_or_path)!r} has no mask token, which a masked "
                "language model needs"
            )

    def _read_tokens(self, X, *, reset: bool) -> Any:
        """Read X as tokenized sequences."""
        texts = self._read_texts(X, reset=reset)
        if reset:
            self._load()
        return self._tokenize(texts)

    def _read_sequences(self, X) -> list[_TokenizedSequence]:
        check_is_fitted(self)
        return self._read_tokens(X, reset=False)

    def _tokenize(self, texts: list[str]) -> list[_TokenizedSequence]:
        self._check_symbols(texts)
        rows = self._tokens.encode(texts)
        inputs = stack_windows(
            rows, self._tokens, self.max_tokens_, splits=False, name=str(self.name_or_path)
        )[:, 0]
        return [
            _TokenizedSequence(
                text, np.array(row), self._tokens.spans(text, row), line[line != PADDING]
            )
            for text, row, line in zip(texts, rows, inputs, strict=True)
        ]

    def _compute(self, data: Any) -> np.ndarray:
        network: Any = self.network_.eval()
        if self._states["pooling"] != "none":
            tokens = _pad([sequence.inputs for sequence in data])[:, np.newaxis]
            return apply(network, tokens, batch_size=self._n_rows())
        embeddings = np.zeros(
            (len(data), max(len(sequence.text) for sequence in data), self.hidden_size_),
            dtype=np.float32,
        )
        states = self._run([sequence.inputs for sequence in data], network.token_states)
        n_prefix = len(self._tokens.prefix)
        for i, (sequence, of_tokens) in enumerate(zip(data, states, strict=True)):
            n_tokens = np.zeros(len(sequence.text), dtype=np.float32)
            for state, (start, end) in zip(of_tokens[n_prefix:], sequence.spans, strict=False):
                embeddings[i, start:end] += state.numpy()
                n_tokens[start:end] += 1
            embeddings[i, : len(n_tokens)] /= n_tokens[:, np.newaxis]
        return embeddings

    @torch.no_grad()
    def _run(self, inputs: list[np.ndarray], compute: Callable) -> Iterator[torch.Tensor]:
        """Compute an output (n_tokens, size) of each row of tokens, batch by batch."""
        device = next(self.network_.parameters()).device
        step = self._n_rows()
        for start in range(0, len(inputs), step):
            batch = _pad(inputs[start : start + step])
            yield from compute(torch.from_numpy(batch).to(device)).cpu()

    def _log_proba(self, queries: list[_Query]) -> Iterator[np.ndarray]:
        """Compute log-probabilities (n_rows, vocabulary_size) for each query."""
        network: Any = self.network_.eval()
        logits = self._run([query.inputs for query in queries], network.logits)
        for query, scores in zip(queries, logits, strict=True):
            # The logits of a causal model are those of the next token.
            rows = query.rows - 1 if self.is_causal_ else query.rows
            yield scores[torch.from_numpy(rows)].log_softmax(dim=1).numpy().astype(np.float64)

    def _log_likelihoods(
        self, sequences: list[_TokenizedSequence]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute the log-likelihood and the number of scored positions of each sequence."""
        queries, owners = [], []
        for i, sequence in enumerate(sequences):
            for query in self._likelihood_queries(sequence):
                queries.append(query)
                owners.append(i)
        totals, n_positions = np.zeros(len(sequences)), np.zeros(len(sequences))
        lengths = np.zeros(len(sequences))
        is_scored = [np.zeros(len(sequence.text), dtype=bool) for sequence in sequences]
        n_prefix = len(self._tokens.prefix)
        for i, query, log_proba in zip(owners, queries, self._log_proba(queries), strict=True):
            tokens = query.rows - n_prefix
            totals[i] += log_proba[np.arange(len(tokens)), sequences[i].tokens[tokens]].sum()
            for start, end in sequences[i].spans[tokens]:
                is_scored[i][start:end] = True
                lengths[i] += end - start
        n_positions[:] = [scored.sum() for scored in is_scored]
        # Overlapping tokens score a position several times, which counts once.
        return totals * n_positions / np.maximum(lengths, 1), n_positions

    def _likelihood_queries(self, sequence: _TokenizedSequence) -> Iterator[_Query]:
        unknown = get_alphabet(self.alphabet).unknown_symbol
        is_known = np.array([unknown not in sequence.text[s:e] for s, e in sequence.spans])
        n_prefix = len(self._tokens.prefix)
        if self.is_causal_:
            rows = n_prefix + np.flatnonzero(is_known)
            rows = rows[rows > 0]
            if len(rows):
                yield _Query(sequence.inputs, rows)
            return
        known = np.flatnonzero(is_known)
        n_passes = len(known) if self.n_passes is None else min(self.n_passes, len(known))
        for i in range(n_passes):
            chosen = known[i::n_passes]
            positions = np.concatenate([np.arange(s, e) for s, e in sequence.spans[chosen]])
            inputs = self._mask(sequence, _spans_any(sequence.spans, positions)).inputs
            yield _Query(inputs, n_prefix + chosen)

    def _mask(self, sequence: _TokenizedSequence, is_masked: np.ndarray) -> _Query:
        """Mask some tokens of a sequence, and ask for them."""
        rows = len(self._tokens.prefix) + np.flatnonzero(is_masked)
        inputs = sequence.inputs.copy()
        inputs[rows] = self.tokenizer_.mask_token_id
        return _Query(inputs, rows)

    def _is_unknown(self, ref: _TokenizedSequence, alt: _TokenizedSequence) -> bool:
        """Whether the only difference is a symbol that one of both sequences does not tell."""
        unknown = get_alphabet(self.alphabet).unknown_symbol
        differing = _differing(ref, alt)
        return len(differing) == 1 and unknown in (ref.text[differing[0]], alt.text[differing[0]])

    def _is_marginal(self, ref: _TokenizedSequence, alt: _TokenizedSequence) -> bool:
        """Whether the alleles differ in one position, and their tokens have the same borders."""
        return (
            not self.is_causal_
            and len(_differing(ref, alt)) == 1
            and np.array_equal(ref.spans, alt.spans)
        )


def _differing(ref: _TokenizedSequence, alt: _TokenizedSequence) -> list[int]:
    """Find the positions at which two sequences of one length differ; none for other lengths."""
    if len(ref.text) != len(alt.text):
        return []
    return [i for i, (r, a) in enumerate(zip(ref.text, alt.text, strict=True)) if r != a]


def _spans_any(spans: np.ndarray, positions: Sequence[int] | np.ndarray) -> np.ndarray:
    """Find the tokens that span any of the positions."""
    positions = np.sort(positions)
    first = np.searchsorted(positions, spans[:, 0])
    return np.searchsorted(positions, spans[:, 1]) > first


def _pad(rows: list[np.ndarray]) -> np.ndarray:
    padded = np.full((len(rows), max(map(len, rows))), PADDING, dtype=np.int32)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
    return padded


class _WordTable:
    """Words of a vocabulary by their length, to convert token to symbol probabilities.

    Parameters
    ----------
    words : dict of str to int
        Ids of the words.
    symbols : str
        Symbols of the alphabet.
    """

    def __init__(self, words: dict[str, int], symbols: str):
        self.symbols = symbols
        self.ids: dict[int, np.ndarray] = {}
        self.codes: dict[int, np.ndarray] = {}
        for length in {len(word) for word in words}:
            chosen = {word: token for word, token in words.items() if len(word) == length}
            self.ids[length] = np.array(list(chosen.values()))
            self.codes[length] = np.array([[symbols.index(s) for s in word] for word in chosen])

    def marginal(self, log_proba: np.ndarray, text: str, offset: int) -> np.ndarray:
        """Compute the probabilities of the symbols at one position of a token.

        Parameters
        ----------
        log_proba : ndarray of shape (vocabulary_size,)
            Log-probabilities of the tokens.
        text : str
            Text that the token spans, in which the token must agree at all other positions unless
            they are unknown.
        offset : int
            Position in the text.

        Returns
        -------
        ndarray of shape (n_symbols,)
            Probabilities of the symbols.
        """
        if len(text) not in self.codes:
            raise ValueError(f"the vocabulary has no words of length {len(text)} to predict")
        codes, ids = self.codes[len(text)], self.ids[len(text)]
        fits = np.ones(len(codes), dtype=bool)
        for i, symbol in enumerate(text):
            if i != offset and symbol in self.symbols:
                fits &= codes[:, i] == self.symbols.index(symbol)
        if not fits.any():
            raise ValueError(
                f"the vocabulary has no word that agrees with {text!r} at all other positions"
            )
        scores = log_proba[ids[fits]]
        weights = np.exp(scores - scores.max())
        return np.bincount(codes[fits, offset], weights, len(self.symbols)) / weights.sum()


def _is_causal(model: torch.nn.Module) -> bool:
    return not type(model).__name__.endswith("ForMaskedLM")
