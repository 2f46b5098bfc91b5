"""Auto-encoders of sequences."""

from __future__ import annotations

from dataclasses import dataclass

from skgenomics.autoencoders._sequence_base import SequenceCoder
from skgenomics.estimators._docstrings import documented


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class SequenceAutoencoder(SequenceCoder):
    """Auto-encoder that turns sequences into a few numbers, and these into sequences again.

    It needs no labels: the network learns to write the letters that it has read through a
    bottleneck of `n_components` numbers. These serve other estimators as features, and the weights
    of the encoder serve as a start: ``CNNClassifier(pretrained=SequenceAutoencoder().fit(X))``.

    Parameters
    ----------
    n_components : int, default=16
        Size of the latent space.
    encoder : str, default="cnn"
        What reads: "cnn", "rnn", "resnet", "cnnrnn", "transformer", "longconv" or
        "convtransformer", see :class:`CNNClassifier` and so on; or "mlp", hidden layers on all
        positions side by side.
    encoder_params : dict, default=None
        Settings of these layers, as of that estimator.
    hidden_units : int or tuple of int, default=128
        Sizes of hidden layers between them and the latent space; an empty tuple for none.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout before the hidden layers and after each of them: a tuple has one value more than
        there are hidden layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalisation in the hidden layers.
    hidden_activation : str, default="relu"
        Activation of the hidden layers.
    decoder : {"cnn", "rnn", "mlp"}, default="cnn"
        What writes: convolutions, between which short maps grow to the length of a sequence; a
        recurrent network that reads the latent vector at each position; or hidden layers and a
        linear map to all positions.
    decoder_params : dict, default=None
        Settings of the decoder: `hidden_units` and `activation`; of "cnn" also `n_filters`,
        `kernel_size` and `normalization`; of "rnn" `cell` ("gru" or "lstm"), `hidden_size` and
        `n_layers`; of "mlp" `dropout`, `symbol_features` (of a position, from which one map that
        all positions share makes letters) and `sparsity` (see :class:`SequenceVAE`).
    alphabet : str, default="ACGT"
        "dna", "rna", "protein" or the letters themselves; codes and one-hot channels follow their
        order.
    length : int, default=None
        Positions to pad text to; None for the longest sequence seen in fit. Longer ones are an
        error. Codes and channels keep the length that they have.
    {optimization}

    Attributes
    ----------
    {fitted net}
    length_ : int
        Positions of a sequence.
    n_channels_ : int
        Channels of a position.
    input_form_ : {"text", "codes", "channels"}
        What X was in fit.
    is_sequence_ : bool
        Whether X was text, codes, or channels that are shares of letters.
    dtype_ : {"float32", "float64"}
        Type of the weights and results: float64 if X was so in fit, else float32.
    network_settings_ : dict
        What the network was built with.
    n_features_in_ : int
        Columns of X; 1 for text.
    feature_names_in_ : ndarray of str
        Names of the columns, if X was a frame.

    See Also
    --------
    SequenceVAE : With a latent space to draw new sequences from, and a bound of their likelihood.

    Notes
    -----
    The loss is the cross-entropy of the letters, in nats per position. Unknown letters and padding
    take no part in it. Of channels, each letter counts by its share: they may be one-hot, mixtures,
    or other weights of letters that are not negative and of the order of one.

    A low loss is no aim by itself: what serves a classifier best may be a worse reconstruction, so
    choose `n_components` by the score of what comes behind, in a pipeline.

    The auto-encoder of molecules by Gómez-Bombarelli et al. [1]_ is of the kind
    ``SequenceAutoencoder(encoder_params={"n_filters": (9, 9, 10), "kernel_size": (9, 9, 11),
    "padding": "valid", "pool_size": 1}, decoder="rnn", decoder_params={"n_layers": 3,
    "hidden_size": 488})``.

    References
    ----------
    .. [1] Gómez-Bombarelli et al., Automatic chemical design using a data-driven continuous
       representation of molecules, ACS Central Science 4, 2018.

    Examples
    --------
    >>> from skgenomics.autoencoders import SequenceAutoencoder
    >>> X = ["TTTTAAAA", "TTTTCCCC", "GGGGAAAA", "GGGGCCCC"] * 20
    >>> coder = SequenceAutoencoder(n_components=2, random_state=0).fit(X)
    >>> Z = coder.transform(X[:4])
    >>> Z.shape
    (4, 2)
    >>> coder.inverse_transform(Z)
    array(['TTTTAAAA', 'TTTTCCCC', 'GGGGAAAA', 'GGGGCCCC'], dtype=object)
    """
