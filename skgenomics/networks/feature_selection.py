"""Multilayer perceptron behind a one-to-one layer that selects features of a table."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._layers import as_tuple, dense_layers


class FeatureSelectionMLP(nn.Module):
    """Deep feature selection, for ``SequenceClassifier(network=FeatureSelectionMLP)``.

    A one-to-one layer multiplies each feature by a weight of its own before the hidden layers. With
    the elastic net of ``regularization=Regularization(l1=..., l2=...)``, which applies to this and
    all further layers alike, the weights of features that are not needed shrink toward zero, and
    :attr:`importances` ranks the features. DECRES [1]_ selects the features of enhancers and
    promoters in this way [2]_, but has factors of their own for the one-to-one layer.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Number of channels, of positions and of outputs; a table has one channel, and a position
        for each feature.
    hidden_units : int or tuple of int, default=(64, 32)
        Sizes of the hidden layers.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout rate before the first hidden layer and after each one.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalization in the hidden layers. It makes the scale of their weights irrelevant, so that
        a penalty no longer selects.
    hidden_activation : str, default="relu"
        Activation of the hidden layers.

    References
    ----------
    .. [1] Li, Shi & Wasserman, Genome-wide prediction of cis-regulatory regions using supervised
       deep learning methods, BMC Bioinformatics 19, 2018.
    .. [2] Li, Chen & Wasserman, Deep feature selection: theory and application to identify
       enhancers and promoters, Journal of Computational Biology 23, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics import SequenceClassifier
    >>> from skgenomics.networks import FeatureSelectionMLP
    >>> from skgenomics.training import Regularization
    >>> X = np.random.default_rng(0).normal(size=(200, 5))
    >>> classifier = SequenceClassifier(
    ...     FeatureSelectionMLP, n_channels=1, regularization=Regularization(l1=0.004),
    ...     learning_rate=0.02, max_iter=20, random_state=0,
    ... ).fit(X, X[:, 2] > 0)
    >>> int(classifier.network_.importances.argmax())
    2
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        hidden_units: int | tuple[int, ...] = (64, 32),
        hidden_dropout: float | tuple[float, ...] = 0.0,
        hidden_normalization: str | None = None,
        hidden_activation: str = "relu",
    ):
        super().__init__()
        self.shape = n_channels, length
        n_features = n_channels * length
        # A convolution in as many groups as channels, which penalties and attributions know.
        self.selection = nn.Conv1d(n_features, n_features, 1, groups=n_features, bias=False)
        nn.init.ones_(self.selection.weight)
        self.hidden, n_hidden = dense_layers(
            n_features,
            as_tuple(hidden_units),
            normalization=hidden_normalization,
            activation=hidden_activation,
            dropout=hidden_dropout,
        )
        self.output = nn.Linear(n_hidden, n_outputs)

    @property
    def importances(self) -> torch.Tensor:
        """Absolute weights of the one-to-one layer, of shape (length,) or (n_channels, length)."""
        weights = self.selection.weight.detach().abs().reshape(self.shape)
        return weights[0] if len(weights) == 1 else weights

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute raw scores.

        Parameters
        ----------
        x : Tensor of shape (batch, n_channels, length)
            Tables or sequences.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
            Scores.
        """
        return self.output(self.hidden(self.selection(x.flatten(1).unsqueeze(2)).flatten(1)))
