"""Descriptions of parameters and attributes that the docstrings of estimators share."""

from __future__ import annotations

from skgenomics._utils.docstrings import SharedTexts

_MOTIFS = """
motifs : str, path, list of Motif or None, default=None
    Motifs that initialize the first filters: a file in MEME or JASPAR format, or the result of
    :func:`skgenomics.motifs.read_motifs`.
freeze_motifs : bool, default=False
    If True, these filters are not trained.
"""

_CONVOLUTIONS = """
n_filters, kernel_size, dilation : int or tuple of int
    Sizes of the convolutions, one value per layer or one for all.
padding : {"same", "valid"}, int or tuple of them, default="same"
    Padding of the convolutions; an int pads both ends with this number of zeros.
bias : bool, default=%(bias)s
    If True, convolutions have a bias.
pool_size : int, "auto" or tuple of them, default=%(pool_size)s
    Window and stride of the pooling after each convolution; 1 for none; "auto" leaves about 40
    positions, with a window of 8 at most.
pool : {"max", "mean"}, default=%(pool)s
    Kind of pooling.
ceil_mode : bool, default=%(ceil_mode)s
    If True, an incomplete last window is pooled too; else it is dropped.
block_order : str, default=%(block_order)s
    Order of the steps of a block: "conv", "pool", "norm" and "act" joined by "-"; early pooling is
    faster.
residual : bool, default=%(residual)s
    If True, the input of a block is added to its output where shapes agree.
dropout : float or tuple of float, default=%(dropout)s
    Dropout of whole channels at the end of each block.
normalization : {None, "batch", "layer"}, default=%(normalization)s
    Normalization after each convolution.
activation : str or None, default=%(activation)s
    Activation function: "relu", "gelu", "silu", "elu", "tanh", "sigmoid" or "softplus"; None for
    none.
embedding_size : int or None, default=%(embedding_size)s
    Size of the embedding of each base or residue ahead of the first convolution; None for one-hot
    input.
"""

_RESNET = f"""
n_blocks : int or None, default=%(n_blocks)s
    Number of residual blocks; None for the length of the longest tuple among the next parameters.
n_filters, kernel_size, dilation : int or tuple of int
    Sizes of the convolutions in each block, one value per block or one for all.
padding : {{"same", "valid"}}, default=%(padding)s
    Padding of all convolutions.
bias : bool, default=%(bias)s
    If True, convolutions have a bias.
pool_size : int or tuple of int, default=%(pool_size)s
    Window and stride of the pooling ahead of each block; 1 for none.
pool : {{"max", "mean"}}, default=%(pool)s
    Kind of pooling.
block_order : str, default=%(block_order)s
    Order of the steps around each convolution of a block, joined by "-": "norm-act-conv" is
    pre-activation [1]_, "conv-act" the block of BPNet.
convs_per_block : int, default=%(convs_per_block)s
    Number of convolutions in a block.
bottleneck : int or None, default=%(bottleneck)s
    Filters of the convolution in a block, which is followed by one of width 1 with `n_filters`;
    None for no bottleneck.
stem_filters, stem_kernel_size : int or tuple of int
    Sizes of the convolutions ahead of the blocks.
stem_pool_size : int, "auto" or tuple of them, default=%(stem_pool_size)s
    Pooling after each stem convolution; "auto" leaves about 40 positions, with a window of 8 at
    most.
stem_order : str, default=%(stem_order)s
    Order of the steps in the stem.
final_steps : {{"norm-act", "norm", "act", ""}}, default=%(final_steps)s
    Steps that follow the last block.
skip_every : int or None, default=%(skip_every)s
    Number of blocks between skip connections, which lead straight to the end and are added up
    there, as in SpliceAI; None for none.
squeeze_excitation : bool, default=%(squeeze_excitation)s
    If True, each block gates its channels by squeeze and excitation.
stochastic_depth : float, default=%(stochastic_depth)s
    Probability of skipping the last block in training; that of earlier blocks is lower.
dropout : float, default=%(dropout)s
    Dropout of whole channels at the end of each block.
normalization : {{None, "batch", "layer"}}, default=%(normalization)s
    Normalization around the convolutions.
activation : str, default=%(activation)s
    Activation function: "relu", "gelu", "silu", "elu", "tanh", "sigmoid" or "softplus".
{_MOTIFS.strip()}
"""

_VOCABULARY = """
vocabulary_size : int or None, default=None
    Number of tokens, if X holds token ids of shape (n_samples, n_tokens), of which 0 is padding;
    None for sequences. Without it token ids would be read as channels.
"""

_RECURRENT = """
cell : {"lstm", "gru"}, default=%(cell)s
    Kind of recurrent unit.
hidden_size : int, default=%(hidden_size)s
    Number of units in each direction.
n_layers : int, default=%(n_layers)s
    Number of recurrent layers.
bidirectional : bool, default=%(bidirectional)s
    If True, sequences are read in both directions.
"""

_RNN = f"""
{_VOCABULARY.strip()}
embedding_size : int or None, default=%(embedding_size)s
    Size of the embedding of each base, residue or token; None for one-hot input.
{_RECURRENT.strip()}
dropout : float, default=%(dropout)s
    Dropout after each layer.
"""

_CNN_RNN = f"""
{_CONVOLUTIONS.strip()}
{_MOTIFS.strip()}
{_RECURRENT.strip()}
recurrent_dropout : float, default=%(recurrent_dropout)s
    Dropout after each recurrent layer.
"""

_STEM = """
stem_filters : int, tuple of int or "auto", default=%(stem_filters)s
    Filters of the convolutions ahead of the other layers; an empty tuple for none; "auto" is one
    convolution with 128 filters for sequences and none for tokens.
stem_kernel_size : int or tuple of int, default=%(stem_kernel_size)s
    Kernel size of the stem convolutions.
stem_pool_size : int, "auto" or tuple of them, default=%(stem_pool_size)s
    Pooling after each stem convolution; "auto" leaves about 40 positions, with a window of 8 at
    most.
"""

_DEPTH = """
stochastic_depth : float, default=%(stochastic_depth)s
    Probability of skipping the last layer in training; that of earlier layers is lower.
"""

_TRANSFORMER = f"""
{_VOCABULARY.strip()}
{_STEM.strip()}
d_model, n_layers, n_heads : int
    Size of the embedding, number of layers, and number of attention heads in each layer.
d_feedforward : int or None, default=%(d_feedforward)s
    Size of the feed-forward layers; None for four times `d_model`.
positions : {{"rotary", "alibi", "learned", "sinusoidal", None}}, default=%(positions)s
    Positional encoding. Only "learned" limits the length.
max_positions : int or None, default=%(max_positions)s
    Number of learned positional embeddings; None for the length seen in fit.
norm_first : bool, default=%(norm_first)s
    If True, normalization comes before attention and feed-forward layers (pre-norm), else after.
activation : str, default=%(activation)s
    Activation function: "swiglu", or one of those of :class:`CNNClassifier`.
dropout, attention_dropout : float
    Dropout of the outputs of the layers, and of the attention weights.
bias : bool, default=%(bias)s
    If True, the feed-forward layers have biases.
n_segments : int, default=%(n_segments)s
    Number of token-type (segment) embeddings as in BERT, of which the first is used; 0 for none.
embedding_norm, final_norm : bool
    Normalization of the embedding, and of the output of the last layer.
{_DEPTH.strip()}
"""

_LONG_CONV = f"""
{_VOCABULARY.strip()}
{_STEM.strip()}
d_model, n_layers : int
    Size of the embedding, and number of layers.
order : int, default=%(order)s
    Number of gates in a layer, between which there are long convolutions.
short_kernel_size : int, default=%(short_kernel_size)s
    Kernel size of the short convolution ahead of the gates.
filter_units, filter_layers : int
    Size of the network that computes the filters.
n_position_features : int, default=%(n_position_features)s
    Dimension of the relative positional encoding; must be odd.
frequency : float, default=%(frequency)s
    Initial frequency of its sine activations.
d_feedforward : int or None, default=%(d_feedforward)s
    Size of the feed-forward layers; None for four times `d_model`.
dropout : float, default=%(dropout)s
    Dropout of the outputs of the layers.
bidirectional : bool, default=%(bidirectional)s
    If True, the output at a position depends on later positions too.
{_DEPTH.strip()}
"""

_CONV_TRANSFORMER = f"""
d_model, n_layers, n_heads, d_key : int
    Size of the embedding, number of transformer layers, of attention heads, and size of their keys.
n_downsamplings : int, default=%(n_downsamplings)s
    Number of times that the convolution tower halves the length.
divisible_by : int, default=%(divisible_by)s
    Divisor to whose multiples the numbers of filters are rounded.
stem_kernel_size, kernel_size : int
    Kernel size of the first convolution and of the others.
pool : {{"attention", "max"}}, default=%(pool)s
    Kind of pooling of two positions.
dropout, attention_dropout, position_dropout : float
    Dropout of the outputs of the layers, of the attention weights, and of the relative positional
    encoding.
n_position_features : int or None, default=%(n_position_features)s
    Dimension of the relative positional encoding, a multiple of 6; None for that of the values of a
    head.
{_DEPTH.strip()}
"""

_INPUT = """
alphabet : str, default="ACGT"
    "dna", "rna", "protein" or the symbols themselves, in whose order codes and one-hot channels
    are read.
n_channels : int or None, default=None
    Number of channels of a position, for numeric input other than sequences; None for the size of
    the alphabet.
length : int or None, default=None
    Number of positions to which text is padded; None for the longest sequence seen in fit. Longer
    sequences are an error. Codes and channels keep their length.
"""

_AUGMENTATION = """
reverse_complement : str or None, default=%(reverse_complement)s
    Use of the reverse complement: None for none; "augment" to replace half of the sequences in each
    training batch by their reverse complement; "average" to also average predictions over both
    strands; "tied" for a reverse-complement equivariant network, which not every architecture
    supports, whose predictions are the same for both strands. "auto" is "average" if the two
    strands of the training sequences are equivalent in each class, as for sites taken from a random
    strand but not for promoters or transcripts, see Notes; else, and where positions have
    targets of their own, it is None. Padding stays at its end of a sequence.
augmentation : Augmentation, "auto" or None, default="auto"
    Random changes of the training sequences, see :class:`skgenomics.training.Augmentation`; "auto"
    for its defaults, None for no changes.
"""

_TRANSFER = """
pretrained : estimator, str, path or None, default=None
    Model to start from: a fitted estimator or language model of the same architecture, a pipeline
    or search that holds one, or a file that :func:`skgenomics.save` wrote. The hyperparameters of
    its trunk, which computes the feature maps, replace those given here, dropout excepted. All
    weights whose names and shapes agree are copied, those of the output layers only if the
    targets are the same. Clones of the estimator share it; in the grid of a search, wrap it in
    :class:`sklearn.frozen.FrozenEstimator`.
freeze : {None, "trunk", "all but head"} or list of str, default=None
    Layers that are not trained, and whose running statistics of batch normalization are kept: the
    trunk; all but the output layers; or the parameters whose names match one of the patterns,
    such as ``"trunk.blocks.0.*"``.
transfer : Transfer or None, default=None
    Gradual unfreezing, layer-wise learning rates and a new output layer, see
    :class:`skgenomics.training.Transfer`; None for none of them.
"""

_OPTIMIZATION = """
optimizer : str or class, default=%(optimizer)s
    Optimizer of `torch.optim`, by its name in any case or as a class.
optimizer_params : dict or None, default=None
    Further parameters of the optimizer, such as ``{"momentum": 0.9}``.
learning_rate : float, default=%(learning_rate)s
    Learning rate, the maximum of a schedule.
weight_decay : float, default=%(weight_decay)s
    Weight decay of the optimizer.
regularization : Regularization or None, default=None
    Penalties on the weights and limits of their norms, see
    :class:`skgenomics.training.Regularization`; None for none.
schedule : {None, "onecycle", "cosine", "linear"}, default=%(schedule)s
    Schedule of the learning rate over all epochs, batch by batch.
max_grad_norm : float or None, default=%(max_grad_norm)s
    Maximum norm of the gradients, to which larger ones are scaled down; None for no limit.
batch_size : int or "auto", default="auto"
    Number of samples per step; "auto" is smaller for small data, for enough steps in an epoch.
max_iter : int or "auto", default=%(max_iter)s
    Number of epochs, the maximum with early stopping; "auto" makes about 600 batches, in 16 to 60
    epochs.
early_stopping : bool or "auto", default=%(early_stopping)s
    If True, part of the data is held out for validation, training stops when its loss no longer
    decreases, and the best parameters are restored; "auto" does so from 10,000 samples on.
validation_fraction : float, default=0.1
    Fraction of the samples that is held out for early stopping; of groups, as near as they allow.
n_iter_no_change : int, default=%(n_iter_no_change)s
    Number of epochs without improvement after which early stopping ends training.
tol : float, default=0.0001
    Minimum decrease of the validation loss that counts as an improvement.
warm_start : bool, default=False
    When True, reuse the parameters of the previous call to fit as initialization.
callbacks : list or None, default=None
    Callbacks of skorch: instances, which are used as they are, or classes and functions without
    arguments, which make a new one for each fit. There is a `valid_loss` to monitor with early
    stopping only, and a learning rate scheduler of your own needs ``schedule=None``.
device : str, default="auto"
    Device to train on: "cpu", "cuda", "cuda:1", ...; "auto" takes a GPU if there is one.
random_state : int, RandomState instance or None, default=None
    Seed of the initial parameters, batches and augmentation. The global random state is not used.
verbose : int, default=0
    Verbosity: 1 prints a line per epoch.
"""

_LOSS = """
loss : str, callable, CrossEntropyLoss or FocalLoss, default="cross_entropy"
    Loss: "cross_entropy", "focal", or an object of :mod:`skgenomics.training` that also sets label
    smoothing and the exponent of the focal loss. A callable takes scores and targets, and returns
    one loss per sample or per entry.
"""

_CLASSIFIER = f"""
{_LOSS.strip()}
class_weight : {{None, "balanced", "effective_number"}} or dict, default=None
    Weights of the classes; "balanced" gives each the same total weight, "effective_number" the
    milder one of the class-balanced loss [Cui et al., CVPR 2019]. For an indicator matrix the
    classes are the 0 and 1 of each task.
balancing : ClassBalancing or None, default=None
    Balanced batches, weights of positives and a second stage of training, see
    :class:`skgenomics.training.ClassBalancing`; None for none of them.
task_weights : sequence of float or None, default=None
    Relative weight of each task in the loss, for an indicator matrix; None for equal weights.
two_scores : bool, default=False
    If True, two classes have a score each, as in some published networks, and not the log-odds
    alone.
"""

_LABELS = """
loss : {"cross_entropy", "focal"}, CrossEntropyLoss or FocalLoss, default="cross_entropy"
    Loss of each position; an object of :mod:`skgenomics.training` also sets label smoothing and
    the exponent of the focal loss.
class_weight : {None, "balanced"} or dict, default=None
    Weights of the labels; "balanced" gives each the same total weight.
"""

_REGRESSOR = """
loss : {"mse", "huber", "poisson"} or callable, default="mse"
    Loss; a callable takes scores and standardized targets, and returns one loss per entry.
task_weights : sequence of float or None, default=None
    Relative weight of each target in the loss, if there are several; None for equal weights.
"""

_HEAD = """
head_pool : str, int or tuple of them, default=%(head_pool)s
    Pooling of the feature map: "max", "mean" or "attention" over all positions, "flatten" for each
    position by itself, "last" for the final states of a recurrent network, "first" for the first
    position, an int for the means of this number of equal bins; a tuple concatenates several.
flat_channels : int or None, default=%(flat_channels)s
    Number of channels to which each position is reduced before "flatten"; None for all.
"""

_PATHS = """
hidden_units : int or tuple of int, default=%(hidden_units)s
    Sizes of the hidden layers; an empty tuple for none.
hidden_dropout : float or tuple of float, default=%(hidden_dropout)s
    Dropout before the hidden layers and after each of them: a tuple has one value more than
    there are hidden layers.
hidden_normalization : {None, "batch", "layer"}, default=%(hidden_normalization)s
    Normalization in the hidden layers.
hidden_activation : str, default=%(hidden_activation)s
    Activation function of the hidden layers.
linear_path : bool or "auto", default=%(linear_path)s
    If True, a linear model of the symbol at each position is added to the scores; "auto" does so
    where only one strand is read.
kmer_path : int or "auto", default=%(kmer_path)s
    Length of the longest k-mers whose counts enter a linear model that is added to the scores; 0
    for none; "auto" counts up to 6-mers of nucleic acids and 2-mers of proteins, and none of
    signals.
"""

_CNN_NOTES = """
With ``reverse_complement="auto"`` half of a sample of the sequences of each class are
reverse-complemented, and a logistic regression on 4-mers and positions predicts which ones. If it
fails (AUROC of 0.65 at most in every class), the class does not depend on the strand, and
predictions are averaged over both [1]_. The defaults were chosen on the training and development
parts of public data sets, see ``benchmarks/``.
"""

_NETWORK = """
network : class, callable or torch.nn.Module
    Network, or what builds it. It is called with those of ``n_channels``, ``length`` and
    ``n_outputs`` that it names among its parameters, and with `network_params`; its ``forward``
    takes a tensor of shape (batch, n_channels, length) and returns raw scores of shape
    (batch, n_outputs): one for two classes, else one per class, task or target. A module is
    copied with its weights.
network_params : dict or None, default=None
    Further arguments of `network`; each of them is also a parameter of its own,
    ``network__<name>``, of `set_params` and searches.
"""

_FITTED_NET = """
net_ : skorch.NeuralNet
    Trained net.
network_ : torch.nn.Module
    Trained module of the net.
loss_curve_ : list of float
    Training loss of each epoch.
validation_loss_curve_ : list of float
    Validation loss of each epoch, empty without early stopping.
n_iter_ : int
    Number of epochs run.
"""

_FITTED = """
transferred_ : list of str
    Names of the weights that were copied from `pretrained`, if that was given.
n_outputs_ : int
    Number of scores of the network.
length_ : int
    Number of positions of a sequence.
n_channels_ : int
    Number of channels of a position.
input_form_ : {"text", "codes", "channels", "table", "tokens"}
    Input format of X in fit.
complement_ : tuple of int or None
    Index of the complementary channel of each channel, for nucleic alphabets.
is_sequence_ : bool
    True if X was text, codes, or channels that are probabilities of symbols.
has_padding_ : bool
    True if texts of unequal length were padded in fit. The network then ignores unknown symbols at
    the ends of a sequence as padding; otherwise it reads them as zeros.
dtype_ : {"float32", "float64"}
    Type of the parameters and scores: float64 if X was so in fit, else float32.
network_settings_ : dict
    Arguments that the network was built with.
strands_ : {None, "augment", "average", "tied"}
    Use of the reverse complement, as given or as chosen by "auto".
n_features_in_ : int
    Number of columns of X; 1 for text.
feature_names_in_ : ndarray of str
    Names of the columns, if X was a frame.
"""

_RECEPTIVE_FIELD = """
receptive_field_ : int or None
    Receptive field of a position of the last feature map, in input positions; None if it spans the
    whole sequence.
"""

_FITTED_CLASSIFIER = """
classes_ : ndarray
    Labels; for an indicator matrix the indices of the tasks.
multilabel_ : bool
    True if y was an indicator matrix.
target_names_ : list
    Names of the tasks of an indicator matrix: those of the columns of a frame, else their indices.
"""

_FITTED_REGRESSOR = """
y_mean_, y_scale_ : ndarray of shape (n_targets,)
    Mean and scale by which targets are standardized.
link_ : {"identity", "log"}
    Link function of the scores: "log" for ``loss="poisson"``.
multioutput_ : bool
    True if y had several columns.
target_names_ : list
    Names of the targets: those of the columns of a frame, else their indices.
"""

TEXTS = {
    "input": _INPUT,
    "optimization": _OPTIMIZATION,
    "training": _AUGMENTATION.rstrip() + _TRANSFER.rstrip() + _OPTIMIZATION,
    "classifier": _CLASSIFIER,
    "labels": _LABELS,
    "regressor": _REGRESSOR,
    "cnn": _CONVOLUTIONS.rstrip() + _MOTIFS,
    "resnet": _RESNET,
    "rnn": _RNN,
    "cnn rnn": _CNN_RNN,
    "transformer": _TRANSFORMER,
    "long conv": _LONG_CONV,
    "conv transformer": _CONV_TRANSFORMER,
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

documented = SharedTexts(TEXTS)
