"""Shared parameter descriptions of the multi-view estimators."""

from __future__ import annotations

from skgenomics._utils.docstrings import SharedTexts
from skgenomics.estimators._docstrings import TEXTS

_VIEWS = """
views : list of tuple (name, encoder, network, columns)
    Views of a sample. `columns` are columns of X as in
    :class:`sklearn.compose.ColumnTransformer`: a name or index (the encoder then receives a
    one-dimensional column), a list of these, a slice, a mask, or a callable such as
    :func:`sklearn.compose.make_column_selector`; views may share columns. `encoder` is a
    transformer of these columns, or None; its sparse output is converted to a dense array unless
    the network accepts it. `network` is a deep estimator of the package, or a pipeline that ends in
    one; for ``fusion="ensemble"`` any estimator with `predict_proba` (or `predict` for regression).
    A network of signals or numbers takes `n_channels` consecutive columns as one position, 4 by
    default.
fusion : {"joint", "attention", "concat", "ensemble"}, default="joint"
    How the views are fused. "joint" trains one network, with a branch for each view and a head on
    their concatenated features; "attention" trains one network on a weighted mean of the features,
    with weights that depend on the sample; "concat" trains the network of each view separately,
    and then a head on their fixed features; "ensemble" averages the predictions of the estimators
    of the views.
weights : sequence of float or None, default=None
    Weights of the views in an ensemble; None for equal weights.
view_dropout : float, default=0.0
    Probability that a view of a sample is treated as missing during training, which makes
    predictions robust to missing views. At least one view of each sample is kept.
projection_size : int, default=64
    Dimension to which "attention" projects the features of all views.
hidden_units : int or tuple of int, default=%(hidden_units)s
    Sizes of the layers between the fused features and the outputs; an empty tuple for none.
hidden_dropout : float or tuple of float, default=%(hidden_dropout)s
    Dropout before the first of these layers and after each of them: a tuple has one value more
    than there are layers.
hidden_normalization : {None, "batch", "layer"}, default=%(hidden_normalization)s
    Normalization in these layers.
hidden_activation : str, default="relu"
    Activation of these layers, and of the projections of "attention".
"""

_FITTED = """
columns_ : dict of str to list
    Columns of each view: names in a frame, else indices; a scalar if the view names a single
    column.
encoders_ : dict of str to list
    Fitted transformers of each view, in order.
estimators_ : dict of str to estimator
    Fitted estimators of the views. Those of "joint" and "attention" hold the input format of their
    view, and no parameters of their own.
fusion_ : str
    Fusion in use: `fusion`, or "joint" or "ensemble" for a single view.
fusion_settings_ : dict
    Hyperparameters of the layers on top of the features of the views.
widths_ : list of int
    Number of features of each view, for "concat".
n_outputs_ : int
    Number of outputs of the network.
dtype_ : {"float32", "float64"}
    Type of the parameters: float64 if all views are float64 in fit, else float32.
n_features_in_ : int
    Number of columns of X.
feature_names_in_ : ndarray of str
    Names of the columns, if X was a frame.
"""

_NOTES = """
A sample lacks a view if all its columns are NaN, None or empty text. The network of the view does
not see the sample, learned values replace its features, attention gives it no weight, and an
ensemble averages the other views. Encoders and networks of a view are fitted on the samples that
have it. Each sample needs at least one view.

With "joint" and "attention", the training hyperparameters of this estimator apply to all networks:
optimizers, epochs, losses and seeds of the estimators in `views` are ignored, and their
architecture, strands, augmentation, `pretrained` and `freeze` are used. With "concat" and
"ensemble", the network of each view is trained with the hyperparameters of its own estimator, and
those of this estimator apply to the head of "concat"; a nested `random_state` of None is replaced
by the one given here. The head of "concat" is trained on features of samples that the networks of
the views were trained on: with few samples, which these overfit, "joint" is the better choice.

With a single view there is nothing to fuse: the model is that of its network alone.

Columns of a frame are found by name, in any order; other columns are ignored.
"""


documented = SharedTexts(TEXTS, {"views": _VIEWS, "fitted views": _FITTED, "notes": _NOTES})
