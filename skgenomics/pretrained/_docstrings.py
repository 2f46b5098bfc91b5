"""Parameter descriptions that the docstrings of the classifier and the regressor share."""

from __future__ import annotations

from skgenomics._utils.docstrings import SharedTexts
from skgenomics.estimators._docstrings import TEXTS

_PARAMETERS = """
name_or_path : str or Path
    Folder that holds a checkpoint, or else its name on the Hugging Face hub.
mode : {"full", "head", "lora"}, default="full"
    Parameters to train: all of them; a linear head on the frozen model, which then runs over
    the training data only once; or the head and low-rank adapters of the linear layers of the
    frozen model [1]_, which need peft.
lora_rank : int, default=8
    Rank of the adapters.
lora_alpha : float, default=16.0
    Scale of the adapters: their output is multiplied by ``lora_alpha / lora_rank``.
lora_dropout : float, default=0.0
    Dropout of the input of the adapters.
lora_targets : sequence of str or None, default=None
    Last parts of the names of the layers to adapt, such as ``("query", "value")``; None for all
    linear layers.
alphabet : str, default="ACGT"
    "dna", "rna", "protein" or the symbols themselves; codes and one-hot channels follow their
    order.
pooling : {"mean", "cls", "last", "max"}, default="mean"
    Pooling of the hidden states of a sequence, as in
    :class:`~skgenomics.PretrainedEmbedder`.
max_tokens : int or None, default=None
    Maximum number of tokens that the model reads at once, special ones included; None for that
    of the checkpoint.
overflow : {"error", "windows"}, default="error"
    Treatment of sequences with more tokens: an error, or the mean embedding of the smallest
    possible number of windows of equal size.
head_dropout : float, default=0.1
    Dropout of the input of the head.
base_learning_rate : float or "auto", default="auto"
    Learning rate of the parameters of the checkpoint or of the adapters; `learning_rate` is
    that of the head. "auto" is 3e-5 for the parameters and 1e-4 for adapters, as for DNABERT-2
    [2]_.
revision : str or None, default=None
    Commit, tag or branch of a checkpoint on the hub. A commit makes results reproducible.
trust_remote_code : bool, default=False
    If True, a checkpoint may run its own Python files on your machine.
save_base : bool, default=True
    If True, a saved estimator includes the frozen parameters of the checkpoint and works
    without it. Otherwise only the head and the adapters are saved; the checkpoint is read again
    from `name_or_path`, and it is an error if its parameters have changed.
"""

_ATTRIBUTES = """
n_outputs_ : int
    Number of outputs of the network.
tokenizer_ : transformers.PreTrainedTokenizerBase
    Tokenizer of the checkpoint.
mode_ : {"full", "head", "lora"}
    Parameters that were trained.
adapters_ : dict or None
    Configuration of the adapters and names of the layers that have them.
hidden_size_ : int
    Size of the hidden states.
max_tokens_ : int or None
    Maximum number of tokens that the model reads at once; None if not limited.
revision_ : str or None
    Commit of a checkpoint on the hub.
checkpoint_files_ : dict of str to bytes
    Configuration and tokenizer files of the checkpoint.
checkpoint_code_ : RemoteCode or None
    Python files of the checkpoint, if it runs any.
dtype_ : {"float32"}
    Type of the parameters.
input_form_ : {"text", "codes", "channels"}
    Format of X in fit.
n_features_in_ : int
    Number of columns of X; 1 for text.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the columns, if X was a DataFrame with string names.
"""

_REFERENCES = """
.. [1] Hu et al., LoRA: low-rank adaptation of large language models, ICLR 2022.
.. [2] Zhou et al., DNABERT-2: efficient foundation model and benchmark for multi-species
   genomes, ICLR 2024.
"""


documented = SharedTexts(
    TEXTS,
    {"published": _PARAMETERS, "fitted published": _ATTRIBUTES, "references": _REFERENCES},
)
