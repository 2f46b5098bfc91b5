"""Variational auto-encoder that classifies, and learns from rows without a label too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
from skgenomics.autoencoders.variational import VariationalEncoder
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._targets import encode_labels
from skgenomics.networks.variational import SemiSupervisedNetwork
from skgenomics.training._validation_split import labelled_validation_rows


def read_labels(y, unlabeled) -> tuple[np.ndarray, np.ndarray]:
    """Read labels, and tell which of them are known.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels.
    unlabeled : label, NaN or None
        What stands for none; None if nothing does.

    Returns
    -------
    y : ndarray of shape (n,)
    is_known : ndarray of bool of shape (n,)

    Raises
    ------
    ValueError
        If y has NaN, or real numbers that are no labels.
    """
    y = column_or_1d(y, warn=True)
    missing = pd.isna(y)
    if isinstance(unlabeled, float) and np.isnan(unlabeled):
        is_known = ~missing
    elif missing.any():
        raise ValueError(
            f"Input y contains NaN: the label of row {missing.argmax()} is missing; mark rows "
            f"without a label by {unlabeled!r}"
        )
    else:
        # Labels that are strings turn a -1 among them into a string.
        marks = () if unlabeled is None else (unlabeled, str(unlabeled))
        is_known = ~pd.Series(y, dtype=object).isin(marks).to_numpy()
    if not is_known.any():
        return y, is_known
    if y.dtype == object and all(isinstance(label, str) for label in y[is_known]):
        y = y.astype(str)
    check_classification_targets(y[is_known])
    return y, is_known


def learn_classes(labels, estimator_name: str) -> np.ndarray:
    """Different labels in their order; a ValueError if there are none, or one alone."""
    classes = np.unique(labels)
    if not len(classes):
        raise ValueError(
            "y has no label at all: every one stands for none; use VariationalAutoencoder, or name "
            "in `unlabeled` what else stands for none"
        )
    if len(classes) < 2:
        raise ValueError(
            f"{estimator_name} needs at least two classes, but y has only one class: "
            f"{classes.tolist()[0]!r}"
        )
    return classes


def encode_known_labels(y: np.ndarray, is_known: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Places of labels among the classes, -1 for none; a ValueError for a strange label."""
    codes = np.full(len(y), -1)
    codes[is_known] = encode_labels(y[is_known], classes)
    return codes


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class SemiSupervisedVAE(ClassifierMixin, VariationalEncoder):
    """Classifier of the rows of a table that learns from unlabelled rows as well.

    Each row has a class and a code; together they tell what its columns are. Where the class is
    not known it is summed over, so that rows of a kind that the columns tell apart get the class
    of the few labelled ones among them. It is the model M2 of Kingma et al. [1]_; behind a
    :class:`VariationalAutoencoder` in a pipeline it is their M1+M2.

    Rows whose label is -1 are unlabelled, as in :mod:`sklearn.semi_supervised`. To all other
    classifiers of this package -1 is a label like any other.

    Parameters
    ----------
    unlabeled : label, NaN or None, default=-1
        What y is where a row has no label; None if every label is one, such as the -1 of -1 and 1.
    classification_weight : float, default=1.0
        Weight of the cross-entropy of the known labels beside the bound of a row, per column.
    likelihood : {"gaussian", "bernoulli", "negative_binomial"}, default="gaussian"
        What the columns are, given class and code, as in :class:`VariationalAutoencoder`.
    beta : float, default=4.0
        Weight of the divergence of the code from its prior. The larger it is, the more of what
        tells rows apart is left to the class.
    kl_warmup : int, default=0
        Epochs over which that weight grows from zero, in equal steps.
    n_components : int, default=20
        Coordinates of the code.
    hidden_units : int or tuple of int, default=128
        Sizes of the layers between the columns and the code, in reverse order on the way back; an
        empty tuple for none.
    hidden_activation : str, default="relu"
        Activation of these layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalisation in the hidden layers of the encoder, ahead of their activations; "batch"
        steadies training where there are far more columns than rows.
    hidden_dropout : float or tuple of float, default=0.3
        Dropout in the encoder, before the hidden layers and after each of them: a tuple has one
        value more than there are hidden layers.
    latent_normalization, latent_activation : str or None, default=None
        Normalisation and activation of the layers that give the mean and the log-variance of the
        code.
    {optimization}

    Attributes
    ----------
    classes_ : ndarray
        Labels, without the one that stands for none.
    {fitted net}
    network_settings_ : dict
        What the network was built with.
    dtype_ : {"float32", "float64"}
        Type of the weights and codes: float64 if X was so in fit, else float32.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X was a frame.

    See Also
    --------
    VariationalAutoencoder : Without classes.
    sklearn.semi_supervised.SelfTrainingClassifier : A remedy for any classifier.

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

    def fit(self, X, y, sample_weight=None, groups=None):
        """Train the network on rows with and without a label.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Rows of numbers.
        y : array-like of shape (n,)
            Labels; `unlabeled` (-1) for rows that have none.
        sample_weight : array-like of shape (n,), optional
            Weights of the rows; a weight of zero equals removal.
        groups : array-like of shape (n,), optional
            Rows of one group, such as a patient, stay on one side of the split for early stopping.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If no row has a label, all labels are the same, X holds what the likelihood does not
            allow, or a hyper-parameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one more epoch, with a constant learning rate and no early stopping.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`; rows of later calls may all be without a label.
        classes : array-like of shape (n_classes,), optional
            All the labels that will ever occur, if the first call does not hold them all.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As in :meth:`fit`, and if y holds a label that the first call did not announce.
        """
        return self._fit(X, y, sample_weight, one_epoch=True, classes=classes)

    def predict_proba(self, X) -> np.ndarray:
        """Probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n, n_features)

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        return softmax(self._map(X, lambda x: self.network_.class_scores(x)), axis=1)

    def predict(self, X) -> np.ndarray:
        """Most likely class of each row.

        Parameters
        ----------
        X : array-like of shape (n, n_features)

        Returns
        -------
        ndarray of shape (n,)
        """
        chances = self.predict_proba(X)
        return self.classes_[chances.argmax(axis=1)]

    def transform(self, X) -> np.ndarray:
        """Code of each row, and the chances of its classes.

        Parameters
        ----------
        X : array-like of shape (n, n_features)

        Returns
        -------
        ndarray of shape (n, n_components + n_classes)
            The mean of the code, which tells how rows of the same class differ, and beside it what
            :meth:`predict_proba` gives.
        """
        return super().transform(X)

    def score(self, X, y, sample_weight=None) -> float:
        """Accuracy on labelled rows.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
        y : array-like of shape (n,)
            Labels; rows that have none, by `unlabeled`, do not count.
        sample_weight : array-like of shape (n,), optional
            Weights of the rows.

        Returns
        -------
        float
            NaN, with a warning, if no row has a label.
        """
        predicted = self.predict(X)
        y, is_known = read_labels(y, self.unlabeled)
        check_consistent_length(predicted, y, sample_weight)
        if not is_known.any():
            warn_user("no row of y has a label, so there is no score", UndefinedMetricWarning)
            return float("nan")
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight)[is_known]
        return accuracy_score(y[is_known], predicted[is_known], sample_weight=sample_weight)

    def sample(self, n_samples: int = 1, random_state=None) -> tuple[np.ndarray, np.ndarray]:
        """Draw rows and their classes from the model, all classes with the same chance.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState instance or None, default=None
            Seed; the same one gives the same rows.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
        y : ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        rng = check_random_state(random_state)
        codes = self._draw_codes(n_samples, rng)
        places = rng.randint(len(self.classes_), size=n_samples)
        classes = np.eye(len(self.classes_), dtype=self.dtype_)[places]
        return self._draw_rows(np.hstack([codes, classes]), rng), self.classes_[places]

    def _read_targets(self, y, classes, *, learn: bool) -> np.ndarray:
        """Places of labels among the classes; -1 for none."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None"
            )
        y, is_known = read_labels(y, self.unlabeled)
        if learn or classes is not None:
            told = (y, is_known) if classes is None else read_labels(classes, self.unlabeled)
            found = learn_classes(told[0][told[1]], type(self).__name__)
            if not learn and not np.array_equal(found, self.classes_):
                raise ValueError(
                    f"classes={classes!r} differ from those of the first call, "
                    f"{self.classes_.tolist()}"
                )
            self.classes_ = found
        return encode_known_labels(y, is_known, self.classes_)

    def _split_rows(self, n: int, targets, groups, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows to train on, the only ones of a class among them, and rows to validate on."""
        is_one_of_several = np.bincount(targets + 1)[targets + 1] > 1
        return labelled_validation_rows(
            is_one_of_several, targets, groups, self.validation_fraction, seed
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
