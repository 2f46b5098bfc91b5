"""Texts that the docstrings of language models share."""

from __future__ import annotations

import re

_BLOCKS = {
    "corpus": """
alphabet : str, default="ACGT"
    "dna", "rna", "protein" or the letters themselves; codes and one-hot channels follow their
    order. A genome needs "ACGT".
n_channels : int, default=None
    Channels of a position, for numeric input that is no sequence of letters.
vocabulary_size : int, default=None
    Number of token ids, such as :attr:`KmerTokenizer.vocabulary_size_`, if X holds these. Needs a
    "transformer", "longconv" or "rnn".
mask_token : int, default=4
    Id of the token that hides another one: [MASK] of our tokenizers. Ids up to it are special, and
    never asked for; 0 is padding.
window : int, default=None
    Letters of the windows that are drawn at random, anew in every epoch; of text and codes one for
    each sequence. None for 512 of a genome, and for whole sequences.
chromosomes : sequence of str, default=None
    Chromosomes of a genome to learn from; None for all.
epoch_size : int, default=1024
    Windows of a genome in an epoch. With ``early_stopping=True`` as many, at the most, are kept
    aside, from the last `validation_fraction` of each chromosome; with "auto" none of a genome.
repeat_weight : float, default=1.0
    Weight in the loss of letters of a genome in lower case, which are repeats; 0.1 in [2]_.
""",
    "shared": """
reverse_complement : str or None, default="auto"
    "auto", None, "augment" or "average".
    How the other strand is used: not at all (None); as random flips while training; or so, and as
    the mean over both strands in all that is computed later. "auto" averages in a genome, and
    where the two strands of the training sequences are alike, see :class:`CNNClassifier`. A genome
    is always read from both strands while training.
pooling : {"mean", "max", "none"}, default="mean"
    How :meth:`transform` makes one vector of those of all positions, if at all.
checkpoint : str or Path, default=None
    File to which training is written while it goes on, and from which :meth:`fit` goes on if it is
    there, with the same settings and data: weights are then bit by bit those of a training that
    was never interrupted. Callbacks of your own start anew. A genome is read once beforehand, to
    tell whether it is the same.
checkpoint_every : int, default=500
    Batches between two checkpoints; there is one at the end as well.
""",
    "fitted model": """
length_ : int
    Positions of a window, or of the longest sequence.
n_channels_ : int
    Channels of a position.
input_form_ : {"text", "codes", "channels", "tokens"}
    What X was in fit; a genome is text.
complement_ : tuple of int or None
    Channel that pairs with each channel, for nucleic alphabets.
is_sequence_ : bool
    Whether X was a genome, text, codes, or channels that are shares of letters.
dtype_ : {"float32", "float64"}
    Type of the weights and results: float64 if X was so in fit, else float32.
network_settings_ : dict
    What the network was built with.
strands_ : {None, "augment", "average"}
    How the other strand is used, as given or as found out.
transferred_ : list of str
    Names of the weights that were taken from `pretrained`, if that was given.
receptive_field_ : int or None
    Positions of a sequence that one vector sees; None for all.
n_features_in_ : int
    Columns of X; 1 for text and genomes.
feature_names_in_ : ndarray of str
    Names of the columns, if X was a frame.
""",
    "transfer": """
pretrained : estimator, str or Path, default=None
    What to start from: a fitted language model or estimator of the same architecture, or a file
    that :func:`skgenomics.save` wrote. Settings of the trunk are taken over from it, and all
    weights whose names and shapes fit.
new_head : bool, default=False
    Whether the last layer starts anew even where that of `pretrained` would fit.
freeze : None, "trunk", "all but head" or list of str, default=None
    What stays as it is while training.
unfreeze_every : int, default=None
    Epochs after which one more of the frozen layers is trained, the topmost first; None for never.
layer_decay : float, default=1.0
    Factor of the learning rate from each layer to the one below it.
""",
}


def with_texts(cls: type) -> type:
    """Fill the lines ``{block}`` of a docstring that language models share."""
    for name, text in _BLOCKS.items():
        indented = re.sub(r"^(?=.)", "    ", text.strip("\n"), flags=re.MULTILINE)
        cls.__doc__ = cls.__doc__.replace(f"    {{{name}}}", indented)
    return cls
