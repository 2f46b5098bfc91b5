"""Embeddings of a published language model, as a transformer of scikit-learn."""

from __future__ import annotations

import numpy as np
import torch

from skgenomics._utils.validation import check_integer
from skgenomics.encoding._base import SequenceTransformer
from skgenomics.pretrained._from_checkpoint import FromCheckpoint
from skgenomics.pretrained._pooled_model import PooledModel, apply
from skgenomics.training import resolve_device


class PretrainedEmbedder(FromCheckpoint, SequenceTransformer):
    """Turn sequences into embeddings of a published DNA language model.

    Reads checkpoints of Hugging Face's transformers, such as those of DNABERT [1]_,
    DNABERT-2 [2]_, Nucleotide Transformer [3]_, GENA-LM [4]_, HyenaDNA [5]_ and Caduceus [6]_. The
    model stays as it is. Needs transformers: ``pip install "skgenomics[lm]"``.

    Parameters
    ----------
    name_or_path : str or path
        A folder that holds a checkpoint, or else its name on the Hugging Face hub.
    pooling : {"mean", "cls", "last", "max"}, default="mean"
        How the hidden states of a sequence become one vector. "mean" and "max" are over the tokens
        of its letters; padding and the special tokens around a sequence do not count. "cls" is the
        state of the first token, a special one. "last" is that of the last token, special or not,
        which has seen all others in a causal model.
    layer : int, default=-1
        Which hidden states: 0 for those that go into the first layer, 1 for those that come out of
        it, -1 for the last ones.
    max_tokens : int or None, default=None
        Most tokens that the model reads at a time, special ones included; None for what the
        checkpoint says.
    overflow : {"error", "windows"}, default="error"
        What happens to sequences of more tokens: they are an error, or they are split into as few
        windows as it takes, of equal size, whose vectors are averaged.
    batch_size : int, default=32
        Most sequences that go through the model at once.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein" or the letters themselves; codes and one-hot channels follow their
        order.
    revision : str or None, default=None
        Commit, tag or branch of a checkpoint on the hub. Name a commit to get the same weights
        for ever.
    trust_remote_code : bool, default=False
        Whether a checkpoint may run Python files of its own on your machine.
    save_base : bool, default=True
        Whether a saved estimator holds the weights of the checkpoint, so that it also works where
        the checkpoint is not at hand. Otherwise the checkpoint is read again from `name_or_path`,
        and it is an error if its weights have changed.
    device : str, default="auto"
        "cpu", "cuda", "cuda:1", ...; "auto" takes a GPU if there is one.

    Attributes
    ----------
    network_ : torch.nn.Module
        The model with its pooling: takes tokens of shape (batch, n_windows, n_tokens), with -1 as
        padding, and gives vectors.
    tokenizer_ : transformers.PreTrainedTokenizerBase
        The tokenizer of the checkpoint.
    hidden_size_ : int
        Columns of the output.
    max_tokens_ : int or None
        Most tokens at a time; None for any number.
    revision_ : str or None
        Commit of a checkpoint on the hub.
    checkpoint_files_ : dict of str to bytes
        Configuration and tokenizer, as the files that they came in.
    checkpoint_code_ : RemoteCode or None
        Python files of the checkpoint, if it runs any.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit, if it was a frame with names that are all str.
    input_form_ : {"text", "codes", "channels"}
        Form of X in fit.

    See Also
    --------
    PretrainedClassifier : The model with a classifier on top, trained further.

    Notes
    -----
    How sequences are written is found out from the tokenizer: as they are, as overlapping k-mers
    with spaces between them (DNABERT), with T or with U, in capital or small letters. Ambiguous
    letters become N. A checkpoint whose vocabulary is one of proteins or of words is refused.
    Padding at either end of codes and channels is left out.

    A model without attention mask (HyenaDNA, Caduceus) gets sequences of one length at a time,
    so that none depends on the others beside it.

    References
    ----------
    .. [1] Ji et al., DNABERT, Bioinformatics 37, 2021.
    .. [2] Zhou et al., DNABERT-2, ICLR 2024.
    .. [3] Dalla-Torre et al., Nucleotide Transformer, Nature Methods 22, 2025.
    .. [4] Fishman et al., GENA-LM, Nucleic Acids Research 53, 2025.
    .. [5] Nguyen et al., HyenaDNA, NeurIPS 2023.
    .. [6] Schiff et al., Caduceus, ICML 2024.

    Examples
    --------
    >>> import tempfile
    >>> from skgenomics.pretrained import PretrainedEmbedder, make_checkpoint
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     make_checkpoint(folder, hidden_size=8)
    ...     embedder = PretrainedEmbedder(folder).fit(["ACGTTATAAAGC"])
    >>> embedder.transform(["ACGTTATAAAGC", "GGC"]).shape
    (2, 8)
    """

    def __init__(
        self,
        name_or_path,
        *,
        pooling="mean",
        layer=-1,
        max_tokens=None,
        overflow="error",
        batch_size=32,
        alphabet="ACGT",
        revision=None,
        trust_remote_code=False,
        save_base=True,
        device="auto",
    ):
        self.name_or_path = name_or_path
        self.pooling = pooling
        self.layer = layer
        self.max_tokens = max_tokens
        self.overflow = overflow
        self.batch_size = batch_size
        self.alphabet = alphabet
        self.revision = revision
        self.trust_remote_code = trust_remote_code
        self.save_base = save_base
        self.device = device

    def _read(self, X, *, reset: bool) -> np.ndarray:
        if reset:
            self._check_reading()
            check_integer("layer", self.layer, -(10**6))
            check_integer("batch_size", self.batch_size, 1)
            device = resolve_device(self.device)
        tokens = self._read_tokens(X, reset=reset)
        if reset:
            self.network_ = self._take_pooled().requires_grad_(False).to(device)
        return tokens

    def _compute(self, tokens: np.ndarray) -> np.ndarray:
        return apply(self.network_.eval(), tokens, batch_size=self.batch_size)

    def _output_names(self) -> list[str]:
        return [f"dimension{i}" for i in range(self.hidden_size_)]

    def __getstate__(self):
        state = super().__getstate__().copy()
        network = state.pop("network_", None)
        if network is not None:
            state["weights_"] = to_arrays(network)
        self._shorten(state, network)
        return state

    def __setstate__(self, state):
        weights = state.get("weights_")
        super().__setstate__({k: v for k, v in state.items() if k != "weights_"})
        if weights is None:
            return
        network = self._take_pooled().requires_grad_(False)
        network.load_state_dict(to_tensors(weights), strict=self.save_base)
        self._check_base(to_arrays(network), network)
        self.network_ = network.to(resolve_device(self.device, fall_back=True))


def to_arrays(network: PooledModel) -> dict[str, np.ndarray]:
    """Weights of a network as numpy arrays, by their names."""
    return {name: w.detach().cpu().numpy().copy() for name, w in network.state_dict().items()}


def to_tensors(weights: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """The way back."""
    return {name: torch.from_numpy(weight.copy()) for name, weight in weights.items()}
