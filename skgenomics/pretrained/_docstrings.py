"""What the docstrings of the classifier and the regressor have in common."""

from __future__ import annotations

from skgenomics._utils.docstrings import SharedTexts
from skgenomics.estimators._docstrings import TEXTS

_PARAMETERS = """
name_or_path : str or path
    A folder that holds a checkpoint, or else its name on the Hugging Face hub.
mode : {"full", "head", "lora"}, default="full"
    What is trained: all weights; a linear head on top of the frozen model, which then has to
    run over the training data only once; or the head and low-rank adapters beside the linear
    layers of the frozen model [1]_, which needs peft.
lora_rank : int, default=8
    Rank of the adapters.
lora_alpha : float, default=16.0
    Factor of what adapters add, times the rank.
lora_dropout : float, default=0.0
    Dropout of what goes into adapters.
lora_targets : sequence of str or None, default=None
    Last parts of the names of the layers that get adapters, such as ``("query", "value")``;
    None for all linear layers.
pooling : {"mean", "cls", "last", "max"}, default="mean"
    How the hidden states of a sequence become one vector, as for
    :class:`~skgenomics.PretrainedEmbedder`.
max_tokens : int or None, default=None
    Most tokens that the model reads at a time, special ones included; None for what the
    checkpoint says.
overflow : {"error", "windows"}, default="error"
    What happens to sequences of more tokens: they are an error, or they are split into as few
    windows as it takes, of equal size, whose vectors are averaged.
head_dropout : float, default=0.1
    Dropout of the vectors that go into the head.
base_learning_rate : float or "auto", default="auto"
    Learning rate of the checkpoint's weights, or of the adapters; `learning_rate` is that of
    the head. "auto" is 3e-5 for the weights and 1e-4 for adapters, as for DNABERT-2 [2]_.
alphabet : str, default="ACGT"
    "dna", "rna", "protein" or the letters themselves; codes and one-hot channels follow their
    order.
revision : str or None, default=None
    Commit, tag or branch of a checkpoint on the hub. Name a commit to get the same weights
    for ever.
trust_remote_code : bool, default=False
    Whether a checkpoint may run Python files of its own on your machine.
save_base : bool, default=True
    Whether a saved estimator holds weights of the checkpoint that were not trained, so that it
    also works where the checkpoint is not at hand. Otherwise only the head and the adapters are
    saved; the checkpoint is read again from `name_or_path`, and it is an error if its weights
    have changed.
"""

_ATTRIBUTES = """
n_outputs_ : int
    Scores of the network.
tokenizer_ : transformers.PreTrainedTokenizerBase
    The tokenizer of the checkpoint.
mode_ : {"full", "head", "lora"}
    What was trained.
adapters_ : dict or None
    Sizes of the adapters, and the layers that have them.
hidden_size_ : int
    Size of the vectors.
max_tokens_ : int or None
    Most tokens at a time; None for any number.
revision_ : str or None
    Commit of a checkpoint on the hub.
checkpoint_files_ : dict of str to bytes
    Configuration and tokenizer, as the files that they came in.
checkpoint_code_ : RemoteCode or None
    Python files of the checkpoint, if it runs any.
dtype_ : {"float32"}
    Type of the weights.
input_form_ : {"text", "codes", "channels"}
    What X was in fit.
n_features_in_ : int
    Columns of X; 1 for text.
feature_names_in_ : ndarray of str
    Names of the columns, if X was a frame.
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
