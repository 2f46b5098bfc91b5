"""Texts that the docstrings of several estimators share, written once."""

from __future__ import annotations

import re

from skgenomics.estimators import _docstrings as texts

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


_INPUT = """
alphabet : str, default="ACGT"
    "dna", "rna", "protein" or the letters themselves; codes and one-hot channels follow their
    order.
n_channels : int, default=None
    Channels of a position, for numeric input that is no sequence of letters.
length : int, default=None
    Positions to pad text to; None for the longest sequence seen in fit. Longer ones are an
    error. Codes and channels keep the length that they have.
"""

_AUGMENTATION = """
reverse_complement : str or None, default=%(reverse_complement)s
    "auto", None, "augment", "average" or "tied".
    How the other strand is used: not at all (None); as random flips while training; or so, and
    as the mean over both strands in predictions too; or "tied", in a network whose two strands
    share their weights, which halves them: predictions are exactly the same for both strands, and
    not every architecture can do it. "auto" averages where the two strands of the training
    sequences are alike, class by class, as sites taken from a random strand are and promoters or
    transcripts are not; see Notes; it is None where positions have targets of their own, and there
    nothing may move letters. Of sequences with padding the letters are turned around, and
    the padding stays where it is.
shift : int, default=%(shift)s
    While training, sequences move by up to so many positions either way.
mutation_rate : float or "auto", default=%(mutation_rate)s
    While training, share of letters that are replaced by random ones; signals are left alone.
    "auto" is 0.1 where one strand is read, 0.03 where both are, and 0 where positions have targets
    of their own.
masking_rate : float, default=%(masking_rate)s
    While training, share of letters that are hidden, as if they were unknown.
insertion, deletion, inversion, translocation : int, default=0
    While training, each sequence gets an insertion of up to so many random letters, loses up to so
    many, has a segment of up to so many turned to the other strand, or rolls by up to so many
    positions; 0 for never [EvoAug, Lee et al., Genome Biology 24, 2023].
"""

_TRANSFER = """
pretrained : estimator, str or Path, default=None
    What to start from: a fitted estimator or language model of the same architecture, a pipeline
    or search that holds one, or a file that :func:`skgenomics.save` wrote. Settings of the trunk
    (all up to the map of features) are taken over from it, and so are all weights whose names and
    shapes fit; those of the layers that give the scores only where labels are the same. Rates of
    dropout are free.
    It is kept as it is when the estimator is cloned; in the grid of a search, wrap it in
    :class:`sklearn.frozen.FrozenEstimator`.
new_head : bool, default=False
    Whether the last layer starts anew even where that of `pretrained` would fit.
freeze : None, "trunk", "all but head" or list of str, default=None
    What stays as it is while training, running means of batch normalisation included: the trunk
    (that of an MLP has no weights, and cannot be frozen);
    everything but the layers that give the scores; or the weights whose names fit one of the
    patterns, such as ``"trunk.blocks.0.*"``.
unfreeze_every : int or None, default=None
    After each so many epochs the topmost layer that is frozen is trained too [Howard and Ruder,
    ACL 2018]; None for never.
layer_decay : float, default=1.0
    Factor of the learning rate from the head to the topmost layer of the trunk, and from each layer
    to the one below it; 1 for the same rate everywhere.
"""

_OPTIMIZATION = """
optimizer : str or class, default=%(optimizer)s
    An optimiser of `torch.optim`, by its name in any case or as a class.
optimizer_params : dict, default=None
    Further settings of the optimiser, such as ``{"momentum": 0.9}``.
learning_rate : float, default=%(learning_rate)s
    Learning rate, the highest one where a schedule moves it.
weight_decay : float, default=%(weight_decay)s
    Decay of the weights in the optimiser.
l1, l2 : float, default=0.0
    Penalties on the absolute and on the squared weights of convolutions and linear layers.
max_norm : float or None, default=%(max_norm)s
    Largest norm of the weights into a unit of these layers; None for any.
schedule : {None, "onecycle", "cosine", "linear"}, default=%(schedule)s
    Course of the learning rate over all epochs, batch by batch.
max_grad_norm : float, default=%(max_grad_norm)s
    Gradients of a larger norm are scaled down to it; None for never.
batch_size : int or "auto", default="auto"
    Sequences per step; "auto" takes fewer for small data, so that there are enough steps.
max_iter : int or "auto", default=%(max_iter)s
    Number of epochs, the largest one with early stopping; "auto" takes as many as make about
    600 batches, between 16 and 60.
early_stopping : bool or "auto", default=%(early_stopping)s
    Whether a part of the data is kept aside, training stops when the loss on it no longer
    falls, and the best weights are taken; "auto" does so from 10,000 samples on.
validation_fraction : float, default=0.1
    Share of the samples that is kept aside for early stopping; with groups, as near as they allow.
n_iter_no_change : int, default=%(n_iter_no_change)s
    Epochs without improvement after which early stopping stops.
tol : float, default=0.0001
    Smallest fall of the loss that counts as an improvement.
warm_start : bool, default=False
    Whether fit goes on from the weights of the fit before.
callbacks : list, default=None
    Callbacks of skorch; copies of them are used. There is a `valid_loss` to watch with early
    stopping only, and a scheduler of your own needs ``schedule=None``.
device : str, default="auto"
    "cpu", "cuda", "cuda:1", ...; "auto" takes a GPU if there is one.
random_state : int, RandomState instance or None, default=None
    Seed of the weights, batches and augmentation. The global random state is left alone.
verbose : int, default=0
    With 1, a line of figures is printed per epoch.
"""

_CLASSIFIER = """
loss : {"cross_entropy", "focal"} or callable, default="cross_entropy"
    Loss; a callable takes scores and targets, and gives one loss per row or per entry.
focal_gamma : float, default=2.0
    How much the focal loss plays down what is right already.
label_smoothing : float, default=%(label_smoothing)s
    Share of each label that is spread over all classes.
class_weight : None, "balanced", "effective_number" or dict, default=None
    Weights of the classes; "balanced" gives each the same total weight, "effective_number" the
    milder one of the class-balanced loss [Cui et al., CVPR 2019]. For an indicator matrix the
    classes are the 0 and 1 of each task.
effective_number_beta : float, default=%(effective_number_beta)s
    Beta of the effective number: 0 weighs all samples alike, near 1 equals "balanced".
pos_weight : float, sequence of float or None, default=None
    Factor of the weights of positives, for two classes (the second one) or for an indicator matrix,
    there also one for each task.
balanced_batches : bool, default=False
    Whether each batch has as many sequences of each class: those of rare classes come several times
    in an epoch, of the others a part. Probabilities are then those of classes of equal size, which
    `refit_head` brings back to their proportion in y.
task_weights : sequence of float, default=None
    Share of each task in the loss, for an indicator matrix; None for the same for all.
refit_head : int, default=0
    Epochs of a second stage of training, in which everything but the `trunk` of the network is
    trained again, on all classes in their proportion and at a tenth of the learning rate, while
    the trunk stays as it is [Singh et al., Quantitative Biology 7, 2019].
two_scores : bool, default=False
    Whether the network gives two classes a score each, as some published ones do, and not one for
    the log-odds.
"""

_LABELS = """
loss : {"cross_entropy", "focal"}, default="cross_entropy"
    Loss of each position.
focal_gamma : float, default=2.0
    How much the focal loss plays down what is right already.
label_smoothing : float, default=%(label_smoothing)s
    Share of each label that is spread over all classes.
class_weight : None, "balanced" or dict, default=None
    Weights of the labels; "balanced" gives each the same total weight.
"""

_REGRESSOR = """
loss : {"mse", "huber", "poisson"} or callable, default="mse"
    Loss; a callable takes scores and standardised targets, and gives one loss per entry.
task_weights : sequence of float, default=None
    Share of each target in the loss, where there are several; None for the same for all.
"""

_HEAD = """
head_pool : str, int or tuple of them, default=%(head_pool)s
    How positions become features: "max", "mean" or "attention" over all positions, "flatten" for
    each position, "last" for the states in which a recurrent net ends, "first" for the first
    position, an int for the mean in so many equal bins; a tuple puts several side by side.
flat_channels : int or None, default=%(flat_channels)s
    Channels that each position is reduced to before "flatten"; None for all.
"""

_PATHS = """
hidden_units : int or tuple of int, default=%(hidden_units)s
    Sizes of the hidden layers; an empty tuple for none.
hidden_dropout : float or tuple of float, default=%(hidden_dropout)s
    Dropout before the hidden layers and after each of them: a tuple has one value more than
    there are hidden layers.
hidden_normalization : {None, "batch", "layer"}, default=%(hidden_normalization)s
    Normalisation in the hidden layers.
hidden_activation : str, default=%(hidden_activation)s
    Activation of the hidden layers.
linear_path : bool or "auto", default=%(linear_path)s
    Whether a linear model of the letter at each position is added to the scores; "auto" does so
    where only one strand is read.
kmer_path : int or "auto", default=%(kmer_path)s
    Length of the longest k-mers of which a linear model of their counts is added to the scores; 0
    for none; "auto" counts up to 6-mers of nucleic acids and 2-mers of proteins, and none of
    signals.
"""

_CNN_NOTES = """
With ``reverse_complement="auto"`` half of a sample of the sequences of each class are flipped,
and a logistic regression on 4-mers and positions tries to tell which. If it fails (AUROC of
0.65 at most in every class), the class does not depend on the strand, and predictions are
averaged over both [1]_. The defaults were chosen on the training and development parts of
public data sets, see ``benchmarks/``.
"""

_NETWORK = """
network : class, callable or torch.nn.Module
    What builds the network. It is called with those of ``n_channels``, ``length`` and
    ``n_outputs`` that it names among its parameters, and with `network_params`; its ``forward``
    takes a tensor of shape (batch, n_channels, length) and gives raw scores of shape
    (batch, n_outputs): one for two classes, else one per class, task or target. A module itself
    is copied, with the weights it has.
network_params : dict, default=None
    Further arguments of `network`.
"""

_FITTED_NET = """
net_ : skorch.NeuralNet
    The trained net.
network_ : torch.nn.Module
    The trained module in it.
loss_curve_ : list of float
    Loss on the training data, epoch by epoch.
validation_loss_curve_ : list of float
    Loss on the part kept aside, empty without early stopping.
n_iter_ : int
    Epochs run.
"""

_FITTED = """
transferred_ : list of str
    Names of the weights that were taken from `pretrained`, if that was given.
n_outputs_ : int
    Scores of the network.
length_ : int
    Positions of a sequence.
n_channels_ : int
    Channels of a position.
input_form_ : {"text", "codes", "channels", "table", "tokens"}
    What X was in fit.
complement_ : tuple of int or None
    Channel that pairs with each channel, for nucleic alphabets.
is_sequence_ : bool
    Whether X was text, codes, or channels that are shares of letters.
dtype_ : {"float32", "float64"}
    Type of the weights and predictions: float64 if X was so in fit, else float32.
network_settings_ : dict
    What the network was built with.
strands_ : {None, "augment", "average", "tied"}
    How the other strand is used, as given or as found out.
n_features_in_ : int
    Columns of X; 1 for text.
feature_names_in_ : ndarray of str
    Names of the columns, if X was a frame.
"""

_RECEPTIVE_FIELD = """
receptive_field_ : int or None
    Positions of a sequence that one position of the last map sees; None for all.
"""

_FITTED_CLASSIFIER = """
classes_ : ndarray
    Labels; for an indicator matrix the places of the tasks.
multilabel_ : bool
    Whether y was an indicator matrix.
"""

_FITTED_REGRESSOR = """
y_mean_, y_scale_ : ndarray of shape (n_targets,)
    What targets are standardised by.
link_ : {"identity", "log"}
    What the scores are of the targets: "log" for ``loss="poisson"``.
multioutput_ : bool
    Whether y had several columns.
"""

_BLOCKS = {
    "input": _INPUT,
    "optimization": _OPTIMIZATION,
    "training": _AUGMENTATION.rstrip() + _TRANSFER.rstrip() + _OPTIMIZATION,
    "classifier": _CLASSIFIER,
    "labels": _LABELS,
    "regressor": _REGRESSOR,
    "cnn": texts.CNN,
    "resnet": texts.RESNET,
    "rnn": texts.RNN,
    "cnn rnn": texts.CNN_RNN,
    "transformer": texts.TRANSFORMER,
    "long conv": texts.LONG_CONV,
    "conv transformer": texts.CONV_TRANSFORMER,
    "head": _HEAD + _PATHS.lstrip(),
    "paths": _PATHS,
    "cnn notes": _CNN_NOTES,
    "network": _NETWORK,
    "fitted net": _FITTED_NET,
    "fitted": _FITTED_NET.rstrip() + _FITTED,
    "receptive field": _RECEPTIVE_FIELD,
    "fitted classifier": _FITTED_CLASSIFIER,
    "fitted regressor": _FITTED_REGRESSOR,
}


class _Defaults(dict):
    """Default of each field of a dataclass, as it is written in code."""

    def __init__(self, cls: type):
        super().__init__(
            (name, repr(field.default).replace("'", '"'))
            for name, field in cls.__dataclass_fields__.items()
        )


def documented(cls: type) -> type:
    """Fill the lines ``{block}`` of a docstring with shared texts and the class's defaults."""

    def fill(match: re.Match) -> str:
        indent, block = match.groups()
        text = (_BLOCKS[block] % _Defaults(cls)).strip("\n")
        return "\n".join(indent + line if line else line for line in text.split("\n"))

    cls.__doc__ = re.sub(r"^( *)\{([a-z ]+)\}$", fill, cls.__doc__, flags=re.MULTILINE)
    return cls
