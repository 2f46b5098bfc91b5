"""Semi-supervised variational autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score
from sklearn.utils import check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_real, warn_user
from skgenomics.autoencoders._reconstruction_losses import SemiSupervisedLoss
from skgenomics.autoencoders.variational import BaseTableVAE
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._targets import average_one, encode_labels
from skgenomics.estimators._training import TrainingData
from skgenomics.networks.variational import SemiSupervisedNetwork
from skgenomics.training._validation_split import labelled_validation_rows


def read_labels(y, unlabeled) -> tuple[np.ndarray, np.ndarray]:
    """Read labels and find those that are known.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.
    unlabeled : label, NaN or None
        Value that marks samples without a label; None if all have one.

    Returns
    -------
    y : ndarray of shape (n_samples,)
        Labels.
    is_known : ndarray of shape (n_samples,), dtype bool
        False for samples without a label.

    Raises
    ------
    ValueError
        If y has NaN without `unlabeled` being NaN, or continuous values.
    """
    y = column_or_1d(y, warn=True)
    missing = pd.isna(y)
    if isinstance(unlabeled, float) and np.isnan(unlabeled):
        is_known = ~missing
    elif missing.any():
        raise ValueError(
            f"Input y contains NaN: the label of sample {missing.argmax()} is missing; mark "
            f"samples without a label by {unlabeled!r}"
        )
    else:
        # An array of strings has turned a -1 among them into a string.
        marks = () if unlabeled is None else (unlabeled, str(unlabeled))
        is_known = ~pd.Series(y, dtype=object).isin(marks).to_numpy()
    if not is_known.any():
        return y, is_known
    if y.dtype == object and all(isinstance(label, str) for label in y[is_known]):
        y = y.astype(str)
    check_classification_targets(y[is_known])
    return y, is_known


def learn_classes(labels, estimator_name: str) -> np.ndarray:
    """Give the sorted classes; raise a ValueError if there are fewer than two."""
    classes = np.unique(labels)
    if not len(classes):
        raise ValueError(
            "y has no label at all: all values equal `unlabeled`; use VariationalAutoencoder, or "
            "set `unlabeled` to the value that marks samples without a label"
        )
    if len(classes) < 2:
        raise ValueError(
            f"{estimator_name} needs at least two classes, but y has only one class: "
            f"{classes.tolist()[0]!r}"
        )
    return classes


def encode_known_labels(y: np.ndarray, is_known: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Encode labels as class indices, -1 for none; raise a ValueError for unseen labels."""
    codes = np.full(len(y), -1)
    codes[is_known] = encode_labels(y[is_known], classes)
    return codes


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class SemiSupervisedVAE(ClassifierMixin, BaseTableVAE):
    """Variational autoencoder and classifier that learns from unlabeled samples as well.

    The columns of a sample are generated from its class and its code. Unknown classes are
    marginalized, so that unlabeled samples of a cluster take the class of the few labeled ones in
    it. This is the model M2 of Kingma et al. [1]_; behind a :class:`VariationalAutoencoder` in a
    pipeline it is their M1+M2.

    Samples with the label -1 are unlabeled, as in :mod:`sklearn.semi_supervised`. All other
    classifiers of this package treat -1 as a label.

    Parameters
    ----------
    unlabeled : label, NaN or None, default=-1
        Value of y that marks samples without a label; None if all samples are labeled, as with the
        labels -1 and 1.
    classification_weight : float, default=1.0
        Weight of the cross-entropy of the known labels relative to the evidence lower bound per
        column.
    likelihood : {"gaussian", "bernoulli", "negative_binomial"}, default="gaussian"
        Distribution of the columns given class and code, as in :class:`VariationalAutoencoder`.
    beta : float, default=4.0
        Weight of the divergence of the code from its prior. The larger it is, the more of the
        variation is explained by the class.
    kl_warmup : int, default=0
        Number of epochs over which this weight grows linearly from zero.
    n_components : int, default=20
        Number of dimensions of the code.
    hidden_units : int or tuple of int, default=128
        Sizes of the hidden layers of the encoder; those of the decoder are in reverse order. An
        empty tuple for none.
    hidden_activation : str, default="relu"
        Activation of the hidden layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalization in the hidden layers of the encoder, before the activations; "batch"
        stabilizes training where there are far more columns than samples.
    hidden_dropout : float or tuple of float, default=0.3
        Dropout in the encoder, before the hidden layers and after each of them; a tuple has one
        value more than there are hidden layers.
    latent_normalization : {None, "batch", "layer"}, default=None
        Normalization of the layers that give the mean and the log-variance of the code.
    latent_activation : str or None, default=None
        Activation of these layers.
    {optimization}

    Attributes
    ----------
    classes_ : ndarray
        Class labels, without `unlabeled`.
    {fitted net}
    network_settings_ : dict
        Hyperparameters of the network.
    dtype_ : {"float32", "float64"}
        Type of the parameters and codes: float64 if X had it in fit, else float32.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X was a DataFrame with string names.

    See Also
    --------
    VariationalAutoencoder : Model without classes.
    sklearn.semi_supervised.SelfTrainingClassifier : Semi-supervised wrapper of any classifier.

    References
    ----------
    .. [1] Kingma et al., Semi-supervised learning with deep generative models, NIPS 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_blobs
    >>> from skgenomics import SemiSupervisedVAE
    >>> X, y = make_blobs(300, n_features=10, centers=3, random_state=0)
    >>> known = np.where(np.arange(300) < 15, y, -1)
    >>> model = SemiSupervisedVAE(n_components=2, hidden_units=16, random_state=0).fit(X, known)
    >>> bool(model.score(X, y) > 0.95)
    True
    """

    unlabeled: Any = -1
    classification_weight: float = 1.0
    beta: float = 4.0
    hidden_dropout: float | tuple[float, ...] = 0.3

    def fit(
        self, X, y, sample_weight=None, groups=None, validation_data=None, X_val=None, y_val=None
    ):
        """Train the network on labeled and unlabeled samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples.
        y : array-like of shape (n_samples,)
            Labels; `unlabeled` (-1) for samples without one.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights; a weight of zero equals removal.
        groups : array-like of shape (n_samples,) or None, default=None
            Groups, such as patients, that are not split between training and early stopping.
        validation_data : tuple (X_val, y_val) or (X_val, y_val, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val, y_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.

        Returns
        -------
        self : object
            The fitted model.

        Raises
        ------
        ValueError
            If no sample has a label, all labels are the same, X holds values that the likelihood
            does not allow, or a hyperparameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups, validation=(validation_data, X_val, y_val))

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one more epoch, with a constant learning rate and no early stopping.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples.
        y : array-like of shape (n_samples,)
            Labels as in :meth:`fit`; after the first call all of them may be `unlabeled`.
        classes : array-like of shape (n_classes,) or None, default=None
            All labels that will occur in any call, if the first call does not hold them all.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights.

        Returns
        -------
        self : object
            The fitted model.

        Raises
        ------
        ValueError
            If X, y or a hyperparameter is invalid, see :meth:`fit`, or y holds a label that was
            not known in the first call.
        """
        if classes is not None and self.__sklearn_is_fitted__():
            labels, is_known = read_labels(classes, self.unlabeled)
            if not np.array_equal(np.unique(labels[is_known]), self.classes_):
                raise ValueError(
                    f"classes={classes!r} differ from those of the first call, "
                    f"{self.classes_.tolist()}"
                )
        return self._fit(X, y, sample_weight, one_epoch=True, classes=classes)

    def predict_proba(self, X) -> np.ndarray:
        """Predict class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples to classify.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`.
        """
        return softmax(self._class_scores(X), axis=1)

    def predict_log_proba(self, X) -> np.ndarray:
        """Predict the logarithms of the class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples to classify.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Logarithms of :meth:`predict_proba`, -inf for a probability that is rounded to zero.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def decision_function(self, X) -> np.ndarray:
        """Compute the scores of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples to classify.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Log-odds of ``classes_[1]`` for two classes; one score per class for more.
        """
        scores = self._class_scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def _class_scores(self, X) -> np.ndarray:
        return self._map(X, lambda x: self.network_.class_scores(x))

    def predict(self, X) -> np.ndarray:
        """Predict the most probable class of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples to classify.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def transform(self, X) -> np.ndarray:
        """Encode samples and predict their class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples to encode.

        Returns
        -------
        ndarray of shape (n_samples, n_components + n_classes)
            Means of the codes, which describe the variation within a class, followed by the
            probabilities of :meth:`predict_proba`.
        """
        return super().transform(X)

    # Unlike the score of the reconstruction, accuracy needs y.
    def score(self, X, y, sample_weight=None) -> float:  # type: ignore[override]
        """Compute the accuracy on labeled samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples to classify.
        y : array-like of shape (n_samples,)
            True labels; samples whose label is `unlabeled` are ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights.

        Returns
        -------
        float
            Accuracy; NaN, with a warning, if no sample has a label.
        """
        predicted = self.predict(X)
        y, is_known = read_labels(y, self.unlabeled)
        check_consistent_length(predicted, y, sample_weight)
        if not is_known.any():
            warn_user("no sample has a label, so that there is no score", UndefinedMetricWarning)
            return float("nan")
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight)[is_known]
        return accuracy_score(y[is_known], predicted[is_known], sample_weight=sample_weight)

    def sample(self, n_samples: int = 1, random_state=None) -> tuple[np.ndarray, np.ndarray]:
        """Generate samples of equally probable classes.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples.
        random_state : int, RandomState instance or None, default=None
            Seed of the sampling; pass an int for reproducible samples.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Samples, including the noise of the likelihood.
        y : ndarray of shape (n_samples,)
            Their classes.
        """
        check_is_fitted(self)
        rng = check_random_state(random_state)
        codes = self._draw_codes(n_samples, rng)
        classes = rng.randint(len(self.classes_), size=n_samples)
        one_hot = np.eye(len(self.classes_), dtype=self.dtype_)[classes]
        return self._draw_samples(np.hstack([codes, one_hot]), rng), self.classes_[classes]

    def _read_y(self, y):
        return y

    def _learn_targets(self, y, weight: np.ndarray, classes) -> None:
        labels, is_known = read_labels(y if classes is None else classes, self.unlabeled)
        self.classes_ = learn_classes(labels[is_known], type(self).__name__)

    def _encode_targets(self, y, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._labels_to_stratify(y), average_one(weight)

    def _labels_to_stratify(self, y) -> np.ndarray:
        """Encode labels as class indices, -1 for none."""
        return encode_known_labels(*read_labels(y, self.unlabeled), self.classes_)

    def _split_rows(self, data: TrainingData) -> tuple[np.ndarray, np.ndarray]:
        """Split samples; the only sample of a class is trained on."""
        labels = cast(np.ndarray, data.labels)
        is_one_of_several = np.bincount(labels + 1)[labels + 1] > 1
        return labelled_validation_rows(
            is_one_of_several, labels, data.groups, self.validation_fraction, data.seed
        )

    def _network(self) -> type[SemiSupervisedNetwork]:
        return SemiSupervisedNetwork

    def _network_params(self) -> dict[str, Any]:
        return super()._network_params() | {"n_classes": len(self.classes_)}

    def _make_loss(self, n_rows: int) -> SemiSupervisedLoss:
        return SemiSupervisedLoss(self.beta, self.classification_weight)

    @property
    def _n_features_out(self) -> int:
        return self.network_settings_["n_components"] + len(self.classes_)

    def _check_settings(self) -> None:
        super()._check_settings()
        check_real("classification_weight", self.classification_weight, 0)

    def _encode(self, x: torch.Tensor) -> torch.Tensor:
        return self.network_.encode(x)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
