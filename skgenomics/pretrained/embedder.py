"""Embeddings of a pretrained language model, as a scikit-learn transformer."""

from __future__ import annotations

import copy

import numpy as np
import torch

from skgenomics._utils.validation import check_integer
from skgenomics.encoding._base import SequenceTransformer
from skgenomics.pretrained._from_checkpoint import PretrainedModelMixin
from skgenomics.pretrained._pooled_model import PooledModel, apply
from skgenomics.pretrained._token_trunk import TokenTrunk
from skgenomics.sequences import get_alphabet
from skgenomics.training import resolve_device


class PretrainedEmbedder(PretrainedModelMixin, SequenceTransformer):
    """Embeddings of a pretrained DNA language model.

    Checkpoints of Hugging Face's transformers are supported, such as those of DNABERT [1]_,
    DNABERT-2 [2]_, Nucleotide Transformer [3]_, GENA-LM [4]_, HyenaDNA [5]_ and Caduceus [6]_. The
    model is not trained. Needs transformers: ``pip install "skgenomics[lm]"``.

    Parameters
    ----------
    name_or_path : str or Path
        Folder that holds a checkpoint, or else its name on the Hugging Face hub.
    pooling : {"mean", "cls", "last", "max"}, default="mean"
        Pooling of the hidden states of a sequence. "mean" and "max" exclude padding and special
        tokens. "cls" is the state of the special token in front of the sequence. "last" is that of
        the last token, special or not, which depends on all others in a causal model.
    layer : int, default=-1
        Index of the hidden states: 0 for the input of the first layer, 1 for its output, -1 for the
        last hidden states.
    max_tokens : int or None, default=None
        Maximum number of tokens that the model reads at once, special ones included; None for that
        of the checkpoint.
    overflow : {"error", "windows"}, default="error"
        Treatment of sequences with more tokens: an error, or the mean embedding of the smallest
        possible number of windows of equal size.
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
    network_ : torch.nn.Module
        Model with its pooling, which maps tokens of shape (batch, n_windows, n_tokens), where -1 is
        padding, to embeddings.
    tokenizer_ : transformers.PreTrainedTokenizerBase
        Tokenizer of the checkpoint.
    hidden_size_ : int
        Number of columns of the output.
    max_tokens_ : int or None
        Maximum number of tokens that the model reads at once; None if not limited.
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

    Notes
    -----
    The text format of sequences is inferred from the tokenizer: plain or as overlapping k-mers
    separated by spaces (DNABERT), with T or U, in upper or lower case. Ambiguous bases become N. A
    checkpoint with a vocabulary of proteins or text is refused. Padding at both ends of codes and
    channels is removed.

    A model without attention mask (HyenaDNA, Caduceus) reads sequences of one length at a time, so
    that an embedding does not depend on other sequences of the batch.

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
    >>> from skgenomics.pretrained import PretrainedEmbedder
    >>> from skgenomics.testing import make_checkpoint
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
        return apply(self.network_.eval(), tokens, batch_size=self._n_rows())

    def _make_trunk(self, length: int, symbols: str) -> TokenTrunk:
        """Make the trunk of a network whose scores belong to positions, with a copy of the model.

        Parameters
        ----------
        length : int
            Number of positions of a sequence.
        symbols : str
            Symbols in the order of the channels.

        Raises
        ------
        ValueError
            If the estimator reads another alphabet.
        """
        ours = get_alphabet(self.alphabet).symbols
        if ours.replace("U", "T") != symbols.replace("U", "T"):
            raise ValueError(
                f"alphabet={symbols!r}, but `pretrained` reads {ours!r}; both need the same "
                "symbols in the same order"
            )
        model = copy.deepcopy(self.network_._trunk()).requires_grad_(True)
        pooled = PooledModel(model, self._tokens, **self._states | {"pooling": "mean"}, chunk=1)
        limit, name = self.max_tokens_, str(self.name_or_path)
        return TokenTrunk(pooled, self._tokens, length, self.hidden_size_, limit, name)

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
    """Convert the state of a network to numpy arrays."""
    return {name: w.detach().cpu().numpy().copy() for name, w in network.state_dict().items()}


def to_tensors(weights: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Convert numpy arrays to the state of a network."""
    return {name: torch.from_numpy(weight.copy()) for name, weight in weights.items()}
