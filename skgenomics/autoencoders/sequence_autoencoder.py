"""Autoencoders of sequences."""

from __future__ import annotations

from dataclasses import dataclass

from skgenomics.autoencoders._sequence_base import BaseSequenceAutoencoder
from skgenomics.estimators._docstrings import documented


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class SequenceAutoencoder(BaseSequenceAutoencoder):
    """Autoencoder of sequences.

    The network is trained without labels to reconstruct sequences from a latent vector of
    `n_components` numbers. The latent vectors serve other estimators as features, and the encoder
    initializes them: ``CNNClassifier(pretrained=SequenceAutoencoder().fit(X))``.

    Parameters
    ----------
    n_components : int, default=16
        Number of dimensions of the latent space.
    encoder : str, default="cnn"
        Architecture of the encoder: "cnn", "rnn", "resnet", "cnnrnn", "transformer", "longconv" or
        "convtransformer", as in :class:`CNNClassifier` and the other sequence classifiers; or
        "mlp", hidden layers on the concatenated positions.
    encoder_params : dict or None, default=None
        Hyperparameters of the encoder, named as in that classifier; "mlp" has none.
    hidden_units : int or tuple of int, default=128
        Sizes of the hidden layers between the encoder and the latent space; an empty tuple for
        none.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout before the hidden layers and after each of them; a tuple has one value more than
        there are hidden layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalization in the hidden layers.
    hidden_activation : str, default="relu"
        Activation of the hidden layers.
    decoder : {"cnn", "rnn", "mlp"}, default="cnn"
        Architecture of the decoder: convolutions with upsampling to the length of the sequences; a
        recurrent network that reads the latent vector at each position; or hidden layers with a
        linear output for all positions.
    decoder_params : dict or None, default=None
        Hyperparameters of the decoder: `hidden_units` and `activation`; for "cnn" also `n_filters`,
        `kernel_size` and `normalization`; for "rnn" `cell` ("gru" or "lstm"), `hidden_size` and
        `n_layers`; for "mlp" `dropout`, `symbol_features` (number of features of a position, which
        a linear layer shared by all positions converts to symbols) and `sparsity` (see
        :class:`SequenceVAE`).
    alphabet : str, default="ACGT"
        "dna", "rna", "protein" or the symbols themselves; codes and one-hot channels follow their
        order.
    length : int or None, default=None
        Length to which text is padded; None for that of the longest sequence in fit. Longer
        sequences are an error. Codes and channels keep their length.
    {optimization}

    Attributes
    ----------
    {fitted net}
    length_ : int
        Length of a sequence.
    n_channels_ : int
        Number of channels of a position.
    input_form_ : {"text", "codes", "channels"}
        Format of X in fit.
    is_sequence_ : bool
        Whether X was text, codes, or channels that are one-hot or mixtures of symbols.
    has_padding_ : bool
        True if texts of unequal length were padded in fit. The network then ignores unknown
        symbols at the ends of a sequence as padding; otherwise it reads them as zeros.
    dtype_ : {"float32", "float64"}
        Type of the parameters and results: float64 if X had it in fit, else float32.
    network_settings_ : dict
        Hyperparameters of the network.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X was a DataFrame with string names.

    See Also
    --------
    SequenceVAE : Generative model of sequences with a bound of their likelihood.

    Notes
    -----
    The loss is the cross-entropy of the symbols in nats per position. Unknown symbols and padding
    are excluded. Channels weight the symbols of a position: they may be one-hot, mixtures, or other
    non-negative weights of the order of one.

    A low loss alone does not make latent vectors useful: tune `n_components` for the downstream
    task, such as a classifier behind the autoencoder in a pipeline.

    The autoencoder of molecules by Gómez-Bombarelli et al. [1]_ has an architecture like
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
