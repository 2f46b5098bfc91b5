"""Descriptions of parameters and attributes that the docstrings of estimators share."""

from __future__ import annotations

from skgenomics._utils.docstrings import SharedTexts

_MOTIFS = """
motifs : str, path, list of Motif or None, default=None
    Motifs that initialize the first filters: a file in MEME or JASPAR format, or the result of
    :func:`skgenomics.motifs.read_motifs`.
"""

_CONVOLUTIONS = """
n_filters, kernel_size, dilation : int or tuple of int
    Sizes of the convolutions, one value per layer or one for all.
padding : {"same", "valid"}, int or tuple of them, default="same"
    Padding of the convolutions; an int pads both ends with this number of zeros.
pool_size : int, "auto" or tuple of them, default=%(pool_size)s
    Window and stride of the pooling after each convolution; 1 for none; "auto" leaves about 40
    positions, with a window of 8 at most.
residual : bool, default=%(residual)s
    If True, the input of a block is added to its output where shapes agree.
dropout : float or tuple of float, default=%(dropout)s
    Dropout of whole channels at the end of each block.
normalization : {None, "batch", "layer"}, default=%(normalization)s
    Normalization after each convolution.
activation : str, None or tuple of them, default=%(activation)s
    Activation function of all layers or of each: "relu", "gelu", "gelu_sigmoid" or "gelu_tanh"
    (approximations), "silu", "elu", "tanh", "sigmoid", "softplus" or "exp"; None for none. "exp" in
    the first layer alone makes filters more like motifs [Koo and Ploenzke, Nature Machine
    Intelligence 3, 2021].
"""

_NET_CNN = """
network_params : dict or None, default=None
    Rarely used parameters of the network. Each is also a parameter of its own of `set_params` and
    searches, such as ``network__bias``:
    `bias` (True), if convolutions have a bias; `pool` ("max"), or "mean" pooling; `ceil_mode`
    (True), if an incomplete last window is pooled; `block_order` ("conv-pool-norm-act"), order
    of the steps of a block; `embedding_size` (None), size of an embedding of each base or
    residue; `flat_channels` (16), channels to which each position is reduced before "flatten";
    `normalization_epsilon` (1e-5), constant added to variances, 1e-3 in Keras;
    `freeze_motifs` (False), if the filters of `motifs` are not trained;
    `hidden_normalization` (None), or "batch" or "layer" normalization in the
    hidden layers; `hidden_activation` ("relu"), their activation function.
"""

_NET_CNN_RNN = """
network_params : dict or None, default=None
    Rarely used parameters of the network. Each is also a parameter of its own of `set_params` and
    searches, such as ``network__bias``:
    `bias` (True), if convolutions have a bias; `pool` ("max"), or "mean" pooling; `ceil_mode`
    (True), if an incomplete last window is pooled; `block_order` ("conv-pool-norm-act"), order
    of the steps of a block; `embedding_size` (None), size of an embedding of each base or
    residue; `flat_channels` (16), channels to which each position is reduced before "flatten";
    `dilation` (1), dilation of the convolutions; `padding` ("same"), their padding; `residual`
    (True), if the input of a block is added to its output; `activation` ("relu"), activation
    function; `bidirectional` (True), if sequences are read in both directions;
    `freeze_motifs` (False), if the filters of `motifs` are not trained;
    `hidden_normalization` (None), or "batch" or "layer" normalization in the
    hidden layers; `hidden_activation` ("relu"), their activation function.
"""

_RESNET = f"""
n_blocks : int or None, default=%(n_blocks)s
    Number of residual blocks; None for the length of the longest tuple among the next parameters.
n_filters, kernel_size, dilation : int or tuple of int
    Sizes of the convolutions in each block, one value per block or one for all.
stem_filters, stem_kernel_size : int or tuple of int
    Sizes of the convolutions ahead of the blocks.
stem_pool_size : int, "auto" or tuple of them, default=%(stem_pool_size)s
    Pooling after each stem convolution; "auto" leaves about 40 positions, with a window of 8 at
    most.
dropout : float, default=%(dropout)s
    Dropout of whole channels at the end of each block.
normalization : {{None, "batch", "layer"}}, default=%(normalization)s
    Normalization around the convolutions.
{_MOTIFS.strip()}
"""

_NET_RESNET = """
network_params : dict or None, default=None
    Rarely used parameters of the network. Each is also a parameter of its own of `set_params` and
    searches, such as ``network__bottleneck``:
    `padding` ("same"), padding of all convolutions; `bias` (True), if convolutions have a bias;
    `pool_size` (1) and `pool` ("max"), pooling ahead of each block; `block_order` ("norm-act-
    conv", pre-activation [1]_), order of the steps around each convolution of a block;
    `convs_per_block` (2), convolutions in a block; `bottleneck` (None), filters of a
    bottleneck; `stem_order` ("conv-pool"), order of the steps in the stem; `final_steps`
    ("norm-act"), steps after the last block; `skip_every` (None), blocks between skip
    connections that lead straight to the end, as in SpliceAI; `squeeze_excitation` (False), if
    blocks gate their channels; `stochastic_depth` (0), probability of skipping the last block
    in training; `activation` ("relu"), activation function; `flat_channels` (16), channels to
    which each position is reduced before "flatten";
    `freeze_motifs` (False), if the filters of `motifs` are not trained;
    `hidden_normalization` (None), or "batch" or "layer" normalization in the
    hidden layers; `hidden_activation` ("relu"), their activation function.
"""

_UNET = """
n_filters : int or tuple of int, default=%(n_filters)s
    Number of filters at each resolution, from the full one down; one more level is below the last
    one.
kernel_size, dilation : int or tuple of int
    Width of the filters, and distance between the positions that a filter reads: one value, or one
    for each of the two convolutions of all levels in turn, down and up.
dropout : float, default=%(dropout)s
    Dropout of whole channels after each level.
normalization : {None, "batch", "layer"}, default=%(normalization)s
    Normalization after each convolution.
"""

_NET_UNET = """
network_params : dict or None, default=None
    Rarely used parameters of the network. Each is also a parameter of its own of `set_params` and
    searches, such as ``network__upsample``:
    `pool` ("max"), pooling of pairs of positions; `upsample` ("linear"), interpolation of the
    coarser feature map; `activation` ("relu"), activation function; `flat_channels` (16), channels
    to which each position is reduced before "flatten".
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
n_filters, kernel_size : int or tuple of int
    Sizes of the convolutions, one value per layer or one for all.
pool_size : int, "auto" or tuple of them, default=%(pool_size)s
    Window and stride of the pooling after each convolution; 1 for none; "auto" leaves about 40
    positions, with a window of 8 at most.
dropout : float or tuple of float, default=%(dropout)s
    Dropout of whole channels after each convolution.
normalization : {None, "batch", "layer"}, default=%(normalization)s
    Normalization after each convolution.
{_MOTIFS.strip()}
cell : {{"lstm", "gru"}}, default=%(cell)s
    Kind of recurrent unit.
hidden_size : int, default=%(hidden_size)s
    Number of units in each direction.
n_layers : int, default=%(n_layers)s
    Number of recurrent layers.
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

_TRANSFORMER = f"""
{_VOCABULARY.strip()}
{_STEM.strip()}
d_model, n_layers, n_heads : int
    Size of the embedding, number of layers, and number of attention heads in each layer.
d_feedforward : int or None, default=%(d_feedforward)s
    Size of the feed-forward layers; None for four times `d_model`.
positions : {{"rotary", "alibi", "learned", "sinusoidal", None}}, default=%(positions)s
    Positional encoding. Only "learned" limits the length.
dropout : float, default=%(dropout)s
    Dropout of the outputs of the layers.
"""

_NET_TRANSFORMER = """
network_params : dict or None, default=None
    Rarely used parameters of the network. Each is also a parameter of its own of `set_params` and
    searches, such as ``network__norm_first``:
    `max_positions` (None), number of learned positional embeddings; `norm_first` (True), if
    normalization comes before attention and feed-forward layers; `attention_dropout` (0),
    dropout of the attention weights; `bias` (True), if feed-forward layers have biases;
    `n_segments` (0), number of token-type (segment) embeddings as in BERT; `embedding_norm`
    (False) and `final_norm` (True), normalization of the embedding and of the output;
    `stochastic_depth` (0), probability of skipping the last layer in training; `flat_channels`
    (16), channels to which each position is reduced before "flatten"; `activation` ("gelu"),
    activation function, "swiglu" or one of those of :class:`CNNClassifier`;
    `hidden_normalization` (None), or "batch" or "layer" normalization in the hidden layers;
    `hidden_activation` ("relu"), their activation function.
"""

_LONG_CONV = f"""
{_VOCABULARY.strip()}
{_STEM.strip()}
d_model, n_layers : int
    Size of the embedding, and number of layers.
order : int, default=%(order)s
    Number of gates in a layer, between which there are long convolutions.
filter_units : int, default=%(filter_units)s
    Units of the network that computes the filters.
d_feedforward : int or None, default=%(d_feedforward)s
    Size of the feed-forward layers; None for four times `d_model`.
dropout : float, default=%(dropout)s
    Dropout of the outputs of the layers.
"""

_NET_LONG_CONV = """
network_params : dict or None, default=None
    Rarely used parameters of the network. Each is also a parameter of its own of `set_params` and
    searches, such as ``network__frequency``:
    `short_kernel_size` (3), kernel size of the short convolution ahead of the gates;
    `filter_layers` (3), layers of the network that computes the filters; `n_position_features`
    (5), dimension of its positional encoding, which must be odd; `frequency` (10), initial
    frequency of its sine activations; `stochastic_depth` (0), probability of skipping the last
    layer in training; `flat_channels` (16), channels to which each position is reduced before
    "flatten"; `activation` ("gelu"), activation of the feed-forward layers;
    `bidirectional` (True), if the output at a position depends on later positions too;
    `hidden_normalization` (None), or "batch" or "layer" normalization in the
    hidden layers; `hidden_activation` ("relu"), their activation function.
"""

_CONV_TRANSFORMER = """
d_model, n_layers, n_heads, d_key : int
    Size of the embedding, number of transformer layers, of attention heads, and size of their keys.
n_downsamplings : int, default=%(n_downsamplings)s
    Number of times that the convolution tower halves the length.
stem_kernel_size, kernel_size : int
    Kernel size of the first convolution and of the others.
pool : {"attention", "max"}, default=%(pool)s
    Kind of pooling of two positions.
dropout, attention_dropout : float
    Dropout of the outputs of the layers, and of the attention weights.
"""

_NET_CONV_TRANSFORMER = """
network_params : dict or None, default=None
    Rarely used parameters of the network. Each is also a parameter of its own of `set_params` and
    searches, such as ``network__divisible_by``:
    `divisible_by` (8), divisor to whose multiples the numbers of filters are rounded;
    `position_dropout` (0.01), dropout of the relative positional encoding;
    `n_position_features` (None), dimension of that encoding, a multiple of 6; `flat_channels`
    (16), channels to which each position is reduced before "flatten"; `activation` ("gelu"),
    activation of the convolutions;
    `stochastic_depth` (0), probability of skipping the last layer in training;
    `hidden_normalization` (None), or "batch" or "layer" normalization in the
    hidden layers; `hidden_activation` ("relu"), their activation function.
"""

_NET_RNN = """
network_params : dict or None, default=None
    Rarely used parameters of the network. Each is also a parameter of its own of `set_params` and
    searches, such as ``network__flat_channels``:
    `flat_channels` (16), channels to which each position is reduced before "flatten";
    `hidden_normalization` (None), or "batch" or "layer" normalization in the
    hidden layers; `hidden_activation` ("relu"), their activation function.
"""

_NET_MLP = """
network_params : dict or None, default=None
    Rarely used parameters of the network, of which this one has none.
"""

_INPUT = """
alphabet : str, default="ACGT"
    "dna", "rna", "protein" or the symbols themselves, in whose order codes and one-hot channels
    are read.
n_channels : int or None, default=None
    Number of channels of a position, for numeric input other than sequences; None for the size of
    the alphabet. X may then be a list of arrays of shape (L_i, n_channels) that differ in length,
    such as the profiles of proteins.
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
    :class:`sklearn.frozen.FrozenEstimator`. :class:`SequenceLabeler` and :class:`ProfileRegressor`
    also take a fitted :class:`PretrainedLanguageModel`, whose network becomes their trunk instead
    of `network`.
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
    decreases, and the best parameters are restored; "auto" does so from 10,000 samples on, and
    with validation data or a splitter. With validation data, False records their loss only.
validation_fraction : float or splitter, default=0.1
    Fraction of the samples that is held out for early stopping; of groups, as near as they allow.
    Of a splitter, such as :class:`sklearn.model_selection.PredefinedSplit`, the first split is
    used.
n_iter_no_change : int, default=%(n_iter_no_change)s
    Number of epochs without improvement after which early stopping ends training.
tol : float, default=0.0001
    Minimum decrease of the validation loss that counts as an improvement.
warm_start : bool, default=False
    When True, reuse the parameters of the previous call to fit as initialization.
callbacks : list or None, default=None
    Callbacks of skorch: instances, which are used as they are, or classes and functions without
    arguments, which make a new one for each fit. There is a `valid_loss` to monitor with early
    stopping or validation data only, and a learning rate scheduler of your own needs
    ``schedule=None``.
checkpoint : str, path, Checkpoint or None, default=None
    Folder to which the state of training is written. :meth:`fit` with the same hyperparameters and
    data resumes from it, so that the parameters are bitwise those of an uninterrupted training;
    another training is refused. The state of callbacks of your own is kept if they have
    `state_dict` and `load_state_dict`. See :class:`skgenomics.training.Checkpoint` for searches.
precision : {"fp32", "bf16", "fp16"}, default="fp32"
    Type of the forward and backward passes in training, by autocast: "bf16" is quicker on recent
    GPUs and on CPUs that have it, "fp16" on older GPUs, with scaled gradients. Parameters, losses,
    validation and predictions are float32.
compile : bool, default=False
    If True, the network is compiled by `torch.compile` for training, which takes a minute or more
    at first and pays off in long trainings on GPUs. It falls back with a warning where there is no
    compiler.
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

_PAIRS = """
bin_size : int, default=1
    Number of positions per bin of y.
min_separation : int, default=0
    Minimum distance of the bins of a pair that takes part in training and scores.
projection_filters : int or None, default=None
    Filters of a convolution between the trunk and the pairs; None for none.
projection_kernel_size : int, default=1
    Its width.
pair_features : {"mean", "product", "concat", "outer"}, default="mean"
    Combination of the features of two bins: their mean, their product, both; or those of either bin
    and of the one midway, as in RaptorX-Contact.
pair_block : {"bottleneck", "plain"}, default="bottleneck"
    Residual blocks of a dilated convolution with `pair_bottleneck` filters and a pointwise one; or
    of two dilated convolutions with `pair_filters` filters.
pair_filters : int, default=32
    Number of filters of the 2-D convolutions.
pair_bottleneck : int or None, default=None
    Number of filters of the dilated convolution of each block; None for half of `pair_filters`.
pair_kernel_size : int, default=3
    Width of the 2-D convolutions.
pair_dilation : int or tuple of int, default=(1, 2, 4, 8)
    Dilation of the 2-D residual blocks, one for each.
pair_dropout : float, default=0.1
    Dropout of whole channels at the end of each block.
pair_normalization : {None, "batch", "layer"}, default="batch"
    Normalization of the 2-D convolutions.
pair_activation : str, default="relu"
    Activation of the 2-D convolutions.
"""

_REGRESSOR = """
loss : str, callable, QuantileLoss, GaussianLoss or CosineMSELoss, default="mse"
    Loss. "mse" and "huber" of real values; "poisson" and "negative_binomial" of counts;
    "binary_cross_entropy" of fractions between 0 and 1; "quantile" and "gaussian" predict quantiles
    and variances; "cosine_mse" compares all targets of a sample. Objects of
    :mod:`skgenomics.training` also set the parameters of the last three. A callable takes scores
    and standardized targets, and returns one loss per entry.
task_weights : sequence of float or None, default=None
    Relative weight of each target in the loss, if there are several; None for equal weights.
"""

_HEAD = """
head_pool : str, int or tuple of them, default=%(head_pool)s
    Pooling of the feature map: "max", "mean" or "attention" over all positions, "flatten" for each
    position by itself, "last" for the final states of a recurrent network, "first" for the first
    position, an int for the means of this number of equal bins; a tuple concatenates several.
    "auto" is ("max", "mean", "flatten"), without "flatten" where sequences of fit differ in length:
    "flatten" and bins have no weights for longer sequences.
"""

_PATHS = """
hidden_units : int or tuple of int, default=%(hidden_units)s
    Sizes of the hidden layers; an empty tuple for none.
hidden_dropout : float or tuple of float, default=%(hidden_dropout)s
    Dropout before the hidden layers and after each of them: a tuple has one value more than
    there are hidden layers.
linear_path : bool or "auto", default=%(linear_path)s
    If True, a linear model of the symbol at each position is added to the scores; "auto" does so
    where only one strand is read.
kmer_path : int or "auto", default=%(kmer_path)s
    Length of the longest k-mers whose counts enter a linear model that is added to the scores; 0
    for none; "auto" counts up to 6-mers of nucleic acids and 2-mers of proteins, and none of
    signals.
"""

_HIDDEN = """
hidden_normalization : {None, "batch", "layer"}, default=%(hidden_normalization)s
    Normalization in the hidden layers.
hidden_activation : str, default=%(hidden_activation)s
    Activation function of the hidden layers.
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
    Network, or what builds it. It is called with those of ``n_channels``, ``length``, ``n_outputs``
    and, for images, ``image_size`` that it names among its parameters, and with `network_params`;
    its ``forward`` takes a tensor of shape (batch, n_channels, length), or of images of shape
    (batch, n_channels, height, width), and returns raw scores of shape
    (batch, n_outputs): one for two classes, else one per class, task or target. It may return a
    tuple of them and of auxiliary outputs, which a callable `loss` gets in training, as
    ``loss(scores, y, *auxiliary)``; validation and prediction use the scores alone. A module is
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
length_settings_ : tuple of str or None
    Hyperparameters that bind the network to this length, empty if it reads sequences of any length;
    None if that is unknown.
min_length_ : int
    Minimum length of a sequence that the network reads, padding included.
n_channels_ : int
    Number of channels of a position.
input_form_ : {"text", "codes", "channels", "table", "tokens", "images"}
    Input format of X in fit.
complement_ : tuple of int or None
    Index of the complementary channel of each channel, for nucleic alphabets.
is_sequence_ : bool
    True if X was text, codes, or channels that are probabilities of symbols.
has_padding_ : bool
    True if sequences of fit differ in length, so that shorter ones are padded. The network then
    ignores padding, and unless a hyperparameter such as ``head_pool="flatten"`` depends on the
    length, it reads sequences of any length, longer ones than in fit included.
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
link_ : {"identity", "log", "logit"}
    Link function of the scores: "log" for losses of counts, "logit" for that of fractions.
family_ : {"point", "quantile", "gaussian", "negative_binomial"}
    Kind of the scores of a target: a single value, quantiles, or mean and spread of a distribution.
    The first scores of all targets come before the second ones.
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
    "pairs": _PAIRS,
    "regressor": _REGRESSOR,
    "cnn": _CONVOLUTIONS.rstrip() + _MOTIFS,
    "resnet": _RESNET,
    "unet": _UNET,
    "rnn": _RNN,
    "cnn rnn": _CNN_RNN,
    "transformer": _TRANSFORMER,
    "long conv": _LONG_CONV,
    "conv transformer": _CONV_TRANSFORMER,
    "head cnn": _HEAD + _PATHS.strip() + _NET_CNN,
    "head cnn rnn": _HEAD + _PATHS.strip() + _NET_CNN_RNN,
    "head resnet": _HEAD + _PATHS.strip() + _NET_RESNET,
    "head unet": _HEAD + _PATHS.strip() + _NET_UNET,
    "head transformer": _HEAD + _PATHS.strip() + _NET_TRANSFORMER,
    "head long conv": _HEAD + _PATHS.strip() + _NET_LONG_CONV,
    "head conv transformer": _HEAD + _PATHS.strip() + _NET_CONV_TRANSFORMER,
    "head rnn": _HEAD + _PATHS.strip() + _NET_RNN,
    "head mlp": _HIDDEN.strip() + _PATHS.rstrip() + _NET_MLP,
    "cnn notes": _CNN_NOTES,
    "network": _NETWORK,
    "fitted net": _FITTED_NET,
    "fitted": _FITTED_NET.rstrip() + _FITTED,
    "receptive field": _RECEPTIVE_FIELD,
    "fitted classifier": _FITTED_CLASSIFIER,
    "fitted regressor": _FITTED_REGRESSOR,
}

documented = SharedTexts(TEXTS)
