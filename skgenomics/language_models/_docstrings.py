"""Parameter descriptions that the docstrings of language models share."""

from __future__ import annotations

from skgenomics._utils.docstrings import SharedTexts
from skgenomics.estimators._docstrings import TEXTS

_BLOCKS = {
    "corpus": """
alphabet : str, default="ACGT"
    "dna", "rna", "protein" or the symbols themselves; codes and one-hot channels follow their
    order. A genome needs "ACGT".
n_channels : int or None, default=None
    Number of channels of a position, for signals; None for sequences.
vocabulary_size : int or None, default=None
    Number of tokens, such as `KmerTokenizer.vocabulary_size_`, if X holds token ids; None for
    sequences. Needs a "transformer", "longconv" or "rnn".
mask_token : int, default=4
    Id of the mask token, [MASK] in the tokenizers of this package. Ids up to it are special tokens
    and never predicted; 0 is padding.
window : int or None, default=None
    Length of random windows, which are drawn again in every epoch; of text and codes, one from each
    sequence. None for 512 bp of a genome, and for whole sequences.
chromosomes : sequence of str or None, default=None
    Chromosomes of a genome to train on; None for all.
epoch_size : int, default=1024
    Number of windows of a genome in an epoch. With ``early_stopping=True`` at most this number is
    held out as well, from the last `validation_fraction` of each chromosome; "auto" holds out none
    of a genome.
repeat_weight : float, default=1.0
    Weight in the loss of bases of a genome in lower case, which mark repeats; 0.1 in [2]_.
""",
    "shared": """
reverse_complement : {"auto", None, "augment", "average"}, default="auto"
    Use of the reverse strand: none (None); random reverse complements in training ("augment"); or
    these and test-time averaging over both strands ("average"). "auto" averages for a genome, and
    where the training sequences are reverse-complement symmetric, see :class:`CNNClassifier`.
    Training windows of a genome are always drawn from both strands.
pooling : {"mean", "max", "none"}, default="mean"
    Pooling of position embeddings in :meth:`transform`.
""",
    "fitted model": """
length_ : int
    Length of a window, or of the longest sequence.
n_channels_ : int
    Number of channels of a position.
input_form_ : {"text", "codes", "channels", "table", "tokens"}
    Format of X in fit; "text" for a genome.
complement_ : tuple of int or None
    Index of the complementary channel of each channel, for nucleic alphabets.
is_sequence_ : bool
    Whether X was a genome, text, codes, or channels that are one-hot or mixtures of symbols.
dtype_ : {"float32", "float64"}
    Type of the parameters and results: float64 if X had it in fit, else float32.
network_settings_ : dict
    Hyperparameters of the network.
strands_ : {None, "augment", "average"}
    Use of the reverse strand, as given or as determined.
transferred_ : list of str
    Names of the parameters that were copied from `pretrained`, if that was given.
receptive_field_ : int or None
    Number of input positions that one embedding depends on; None for all.
n_features_in_ : int
    Number of columns of X; 1 for text and genomes.
feature_names_in_ : ndarray of str
    Names of the columns, if X was a DataFrame.
""",
    "transfer": """
pretrained : estimator, str, Path or None, default=None
    Model whose parameters initialize the network: a fitted language model or estimator of the same
    architecture, or a file that :func:`skgenomics.save` wrote. The hyperparameters of the trunk are
    taken from it, and all parameters that fit by name and shape.
freeze : {None, "trunk", "all but head"} or list of str, default=None
    Modules whose parameters are not trained.
transfer : Transfer or None, default=None
    Gradual unfreezing, layer-wise learning rates and a new output layer, see
    :class:`skgenomics.training.Transfer`; None for none of them.
""",
}


documented = SharedTexts(TEXTS, _BLOCKS)
