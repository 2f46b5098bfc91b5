"""Descriptions that the docstrings of both multi-view estimators share."""

from __future__ import annotations

from skgenomics._utils.docstrings import SharedTexts
from skgenomics.estimators._docstrings import TEXTS

_VIEWS = """
views : list of tuple (name, encoder, network, columns)
    What describes a sample. `columns` are columns of X as in
    :class:`sklearn.compose.ColumnTransformer`: a name or index (the encoder then gets a column),
    a list of them, a slice, a mask, or a callable such as
    :func:`sklearn.compose.make_column_selector`; views may share columns. `encoder` is a
    transformer of these columns, or None; what is sparse becomes dense for networks that need it
    so. `network` is a deep estimator of the package, or a pipeline that ends in one; for
    ``fusion="ensemble"`` it may be any estimator with probabilities. A network of signals or
    numbers takes `n_channels` consecutive columns for one position, and 4 if it does not say.
fusion : {"joint", "attention", "concat", "ensemble"}, default="joint"
    "joint" trains one network, with a branch for each view and a head on all their features
    side by side; so does "attention", with a mean of the features of the views whose weights
    depend on the sample; "concat" trains the network of each view by itself, and then a head on
    their features, which stay as they are; "ensemble" averages what the estimators of the views
    predict.
weights : sequence of float, default=None
    How much each view counts in an ensemble; None for all the same.
view_dropout : float, default=0.0
    Probability in training that a view of a sample is taken as missing, which makes predictions
    robust to missing views. One view of a sample always remains.
projection_size : int, default=64
    Size that "attention" brings the features of all views to.
hidden_units : int or tuple of int, default=%(hidden_units)s
    Sizes of the layers between the fused features and the scores; an empty tuple for none.
hidden_dropout : float or tuple of float, default=%(hidden_dropout)s
    Dropout before these layers and after each of them: a tuple has one value more than layers.
hidden_normalization : {None, "batch", "layer"}, default=%(hidden_normalization)s
    Normalization in these layers.
hidden_activation : str, default="relu"
    Activation of these layers, and of what "attention" brings features to.
"""

_FITTED = """
columns_ : dict of str to list
    Columns of each view: their names in a frame, else their indices; one alone if the view names
    one.
encoders_ : dict of str to list
    Fitted transformers of each view, in their order.
estimators_ : dict of str to estimator
    Fitted estimators of the views. Those of "joint" and "attention" keep how to read a view, and
    have no weights of their own.
fusion_ : str
    As `fusion`; with a single view "joint" or "ensemble", which are its network alone.
fusion_settings_ : dict
    What lies on top of the features of the views.
widths_ : list of int
    Features of each view, for "concat".
n_outputs_ : int
    Scores of the network.
dtype_ : {"float32", "float64"}
    Type of the weights: float64 if all views are so in fit, else float32.
n_features_in_ : int
    Columns of X.
feature_names_in_ : ndarray of str
    Names of the columns, if X was a frame.
"""

_NOTES = """
A view is missing in a row if all its columns are NaN, None or empty text there. Such a view takes
no part: its network does not see the row, learned values stand for its features, the attention
gives it no weight, and an ensemble averages the others. Encoders and networks of a view are fitted
on the rows that have it. A row needs one view at least.

With "joint" and "attention" the networks are trained with the settings of this estimator, and what
their own estimators say of optimizers, epochs, losses and seeds has no part in it; what these say
of the network, of strands and augmentation, of `pretrained` and of `freeze` has. The networks of
"concat" and "ensemble" are trained as their estimators say, and the settings here are those of the
head of "concat"; only where their `random_state` is None they get the one given here. The head of
"concat" learns from features of rows that the networks of the views have seen: with few rows, which
these overfit, "joint" is the better choice.

With a single view there is nothing to fuse: the model is that of its network alone.

Columns of a frame are found by their names, in any order, and other columns are not looked at.
"""


documented = SharedTexts(TEXTS, {"views": _VIEWS, "fitted views": _FITTED, "notes": _NOTES})
