"""Parameters of each architecture, as the docstrings of its classifier and regressor have them."""

from __future__ import annotations

CNN = """
n_filters, kernel_size, dilation : int or tuple of int
    Sizes of the convolutions, one value per layer or one for all.
padding : {"same", "valid"}, int or tuple of them, default="same"
    Padding of the convolutions; an int pads both ends with that many zeros.
bias : bool, default=%(bias)s
    Whether convolutions have a bias.
pool_size : int, "auto" or tuple of them, default=%(pool_size)s
    Window and stride of the pooling after each convolution; 1 for none; "auto" leaves about 40
    positions, with a window of 8 at most.
pool : {"max", "mean"}, default=%(pool)s
    Kind of that pooling.
ceil_mode : bool, default=%(ceil_mode)s
    Whether an incomplete last window is pooled too, or dropped.
block_order : str, default=%(block_order)s
    Order of the steps of a block: "conv", "pool", "norm" and "act" joined by "-"; pooling early is
    faster.
residual : bool, default=%(residual)s
    Whether what goes into a block is added to what comes out, where shapes agree.
dropout : float or tuple of float, default=%(dropout)s
    Dropout of whole channels at the end of each block.
normalization : {None, "batch", "layer"}, default=%(normalization)s
    Normalisation after each convolution.
activation : str or None, default=%(activation)s
    "relu", "gelu", "silu", "elu", "tanh", "sigmoid" or "softplus"; None for none.
embedding_size : int or None, default=%(embedding_size)s
    Size of a vector that each letter is turned into ahead of the first convolution; None for none.
motifs : path, list of Motif or None, default=None
    Motifs that the first filters start from: a file in MEME or JASPAR format, or what
    :func:`skgenomics.motifs.read_motifs` gives.
freeze_motifs : bool, default=False
    Whether these filters stay as they are while training.
"""

RESNET = """
n_blocks : int or None, default=%(n_blocks)s
    Number of residual blocks; None for the length of the longest tuple of the next settings.
n_filters, kernel_size, dilation : int or tuple of int
    Sizes of the convolutions in each block, one value per block or one for all.
padding : {"same", "valid"}, default=%(padding)s
    Padding of all convolutions.
bias : bool, default=%(bias)s
    Whether convolutions have a bias.
pool_size : int or tuple of int, default=%(pool_size)s
    Window and stride of a pooling ahead of each block; 1 for none.
pool : {"max", "mean"}, default=%(pool)s
    Kind of that pooling.
block_order : str, default=%(block_order)s
    Order of the steps around each convolution of a block, joined by "-": "norm-act-conv" is
    pre-activation [1]_, "conv-act" the block of BPNet.
convs_per_block : int, default=%(convs_per_block)s
    Convolutions in a block.
bottleneck : int or None, default=%(bottleneck)s
    Filters of the convolution in a block, after which one of width 1 leads back to `n_filters`;
    None for no such narrowing.
stem_filters, stem_kernel_size : int or tuple of int
    Sizes of the convolutions ahead of the blocks.
stem_pool_size : int, "auto" or tuple of them, default=%(stem_pool_size)s
    Pooling after each of these; "auto" leaves about 40 positions, with a window of 8 at most.
stem_order : str, default=%(stem_order)s
    Order of the steps in the stem.
final_steps : {"norm-act", "norm", "act", ""}, default=%(final_steps)s
    What follows the last block.
skip_every : int or None, default=%(skip_every)s
    After so many blocks a convolution of width 1 leads straight to the end, where all of these are
    added up, as in SpliceAI; None for none.
squeeze_excitation : bool, default=%(squeeze_excitation)s
    Whether a block weighs its channels by what it sees in the whole sequence.
stochastic_depth : float, default=%(stochastic_depth)s
    Rate at which the last block is left out in training; those before it more rarely.
dropout : float, default=%(dropout)s
    Dropout of whole channels at the end of each block.
normalization : {None, "batch", "layer"}, default=%(normalization)s
    Normalisation.
activation : str, default=%(activation)s
    "relu", "gelu", "silu", "elu", "tanh", "sigmoid" or "softplus".
motifs : path, list of Motif or None, default=None
    Motifs that the first filters start from: a file in MEME or JASPAR format, or what
    :func:`skgenomics.motifs.read_motifs` gives.
freeze_motifs : bool, default=False
    Whether these filters stay as they are while training.
"""

_VOCABULARY = """
vocabulary_size : int or None, default=None
    Number of tokens, if X holds token ids of shape (n, T), 0 of which is padding; None for
    sequences. Without it token ids would be read as channels.
"""

_RECURRENT = """
cell : {"lstm", "gru"}, default=%(cell)s
    Kind of recurrent unit.
hidden_size : int, default=%(hidden_size)s
    Units in each direction.
n_layers : int, default=%(n_layers)s
    Recurrent layers on top of each other.
bidirectional : bool, default=%(bidirectional)s
    Whether sequences are read from both ends.
"""

RNN = f"""{_VOCABULARY}embedding_size : int or None, default=%(embedding_size)s
    Size of the vector that each letter or token is turned into first; None for letters as they are.
{_RECURRENT.lstrip()}dropout : float, default=%(dropout)s
    Dropout after each layer.
"""

CNN_RNN = f"""{CNN.rstrip()}
{_RECURRENT.lstrip()}recurrent_dropout : float, default=%(recurrent_dropout)s
    Dropout after each recurrent layer.
"""

_STEM = """
stem_filters : int, tuple of int or "auto", default=%(stem_filters)s
    Filters of convolutions ahead of the other layers; an empty tuple for none; "auto" has one of
    128 for letters and none for tokens.
stem_kernel_size : int or tuple of int, default=%(stem_kernel_size)s
    Width of these.
stem_pool_size : int, "auto" or tuple of them, default=%(stem_pool_size)s
    Pooling after each of these; "auto" leaves about 40 positions, with a window of 8 at most.
"""

_DEPTH = """
stochastic_depth : float, default=%(stochastic_depth)s
    Rate at which the last layer is left out in training; those before it more rarely.
"""

TRANSFORMER = f"""{_VOCABULARY}{_STEM.lstrip()}d_model, n_layers, n_heads : int
    Size of the vectors, number of layers, and of attention heads in each.
d_feedforward : int or None, default=%(d_feedforward)s
    Size of the hidden layers; None for four times `d_model`.
positions : {{"rotary", "alibi", "learned", "sinusoidal", None}}, default=%(positions)s
    How the order of positions is known. Only "learned" limits the length.
max_positions : int or None, default=%(max_positions)s
    Rows of the table of learned positions; None for as many as there are in fit.
norm_first : bool, default=%(norm_first)s
    Whether normalisation comes before what is added up, or after.
activation : str, default=%(activation)s
    "swiglu", or one of those of :class:`CNNClassifier`.
dropout, attention_dropout : float
    Dropout of what layers add up, and of attention.
bias : bool, default=%(bias)s
    Whether the feed-forward layers have biases.
n_segments : int, default=%(n_segments)s
    Rows of BERT's table of segments, of which the first is used; 0 for none.
embedding_norm, final_norm : bool
    Whether the embedding is normalised, and what comes out at the end.
{_DEPTH.strip()}
"""

LONG_CONV = f"""{_VOCABULARY}{_STEM.lstrip()}d_model, n_layers : int
    Size of the vectors, and number of layers.
order : int, default=%(order)s
    Gates in a layer, with one long convolution less between them.
short_kernel_size : int, default=%(short_kernel_size)s
    Width of the short convolution ahead of them.
filter_units, filter_layers : int
    Size of the network that computes the filters.
n_position_features : int, default=%(n_position_features)s
    Features of a distance that it gets, an odd number.
frequency : float, default=%(frequency)s
    First frequency of its sines.
d_feedforward : int or None, default=%(d_feedforward)s
    Size of the hidden layers; None for four times `d_model`.
dropout : float, default=%(dropout)s
    Dropout of what layers add up.
bidirectional : bool, default=%(bidirectional)s
    Whether a position sees what comes after it too.
{_DEPTH.strip()}
"""

CONV_TRANSFORMER = f"""
d_model, n_layers, n_heads, d_key : int
    Size of the vectors, number of transformer layers, of attention heads, and size of their keys.
n_downsamplings : int, default=%(n_downsamplings)s
    How many times the convolutions halve the sequence.
divisible_by : int, default=%(divisible_by)s
    Numbers of filters are rounded to multiples of it.
stem_kernel_size, kernel_size : int
    Width of the first convolution and of the others.
pool : {{"attention", "max"}}, default=%(pool)s
    How two positions become one.
dropout, attention_dropout, position_dropout : float
    Dropout of what layers add up, of attention, and of the features of distances.
n_position_features : int or None, default=%(n_position_features)s
    Features of a distance, a multiple of 6; None for as many as a head has values.
{_DEPTH.strip()}
"""
