"""Adversarial training: networks that do not rely on batches, species or population structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics._utils.validation import check_choice, check_real, warn_user
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._named_network import NamedNetwork
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.estimators._targets import (
    average_one,
    column_names,
    keep_target_names,
    lookup_indices,
    weigh_classes,
)
from skgenomics.networks.domain_adversarial import AdversarialOutput
from skgenomics.training._adversarial_net import AdversarialLoss, AdversarialNet, AdversaryWarmUp

# Strengths of the penalty of the regression that measures what features tell.
_PENALTIES = np.logspace(-2, 5, 15)


def read_domains(domains) -> np.ndarray:
    """Convert domains to an array; raise a ValueError if one is missing."""
    if np.ndim(domains) != 1 and np.shape(domains)[1:] != (1,):
        raise ValueError(
            f"domains must have the shape (n,), a value for each sequence, got {np.shape(domains)}"
        )
    missing = np.asarray(pd.isna(domains)).ravel()
    if missing.any():
        raise ValueError(
            f"the domain of row {missing.argmax()} is missing; give it a name such as 'unknown', "
            "or drop the row"
        )
    return np.asarray(column_or_1d(domains).tolist())


def read_confounders(confounders) -> np.ndarray:
    """Convert confounders to an array (n_samples, n_confounders); refuse missing values."""
    values = np.asarray(confounders, dtype=np.float64)
    values = values.reshape(-1, 1) if values.ndim == 1 else values
    if values.ndim != 2 or not values.shape[1]:
        raise ValueError(
            "confounders must have the shape (n_samples,) or (n_samples, n_confounders), got "
            f"{np.shape(confounders)}"
        )
    is_missing = ~np.isfinite(values)
    if is_missing.any():
        row, column = np.argwhere(is_missing)[0]
        raise ValueError(
            f"confounder {column} of row {row} is {values[row, column]}; impute it, or drop the row"
        )
    return values


def join_confounders(
    y: np.ndarray, domains: np.ndarray | None, confounders: np.ndarray | None
) -> np.ndarray:
    """Join targets, domains and confounders in one array, whose first field is "label"."""
    fields: list[tuple] = [("label", y.dtype, y.shape[1:])]
    if domains is not None:
        check_consistent_length(y, domains)
        fields.append(("domain", domains.dtype))
    if confounders is not None:
        check_consistent_length(y, confounders)
        fields.append(("confounders", confounders.dtype, confounders.shape[1:]))
    joined = np.empty(len(y), fields)
    for name, values in (("label", y), ("domain", domains), ("confounders", confounders)):
        if values is not None:
            joined[name] = values
    return joined


def is_joined(y) -> bool:
    """Return True for a result of :func:`join_confounders`."""
    return isinstance(y, np.ndarray) and y.dtype.names is not None


def labels_of(y: np.ndarray) -> np.ndarray:
    """Return the targets, of y with or without confounders."""
    return y["label"] if is_joined(y) else y


def encode_domains(domains: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Encode domains as indices; raise a ValueError for one that the first call did not have."""
    codes = lookup_indices(domains, known)
    is_unknown = codes < 0
    if is_unknown.any():
        raise ValueError(
            f"domains has {domains[is_unknown][:1].tolist()[0]!r}, which is none of those of the "
            f"first call, {known.tolist()}"
        )
    return codes


def weigh_domains(
    domains: np.ndarray, adversaries: np.ndarray, names: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Compute weights that balance the domains of each adversary."""
    weights = np.zeros(len(domains))
    for i in np.unique(adversaries):
        rows = adversaries == i
        weights[rows] = weigh_classes("balanced", domains[rows], names, weight[rows])
    return average_one(weights)


def score_domains(features: np.ndarray, domains: np.ndarray, folds: StratifiedKFold) -> float:
    """Compute the AUROC of held-out predictions of the domain; NaN for a single one."""
    names, counts = np.unique(domains, return_counts=True)
    if len(names) == 1:
        return np.nan
    if counts.min() < folds.n_splits:
        raise ValueError(
            f"the domain {names[counts.argmin()].item()!r} has {counts.min()} sequences (of a "
            f"class), too few for cv={folds.n_splits}"
        )
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    proba = cross_val_predict(model, features, domains, cv=folds, method="predict_proba")
    columns = [1] if len(names) == 2 else range(len(names))
    return float(np.mean([roc_auc_score(domains == names[i], proba[:, i]) for i in columns]))


def score_confounders(features: np.ndarray, confounders: np.ndarray, folds: KFold) -> float:
    """Compute the R2 of held-out predictions of confounders; NaN if there are few samples."""
    if len(features) < 2 * folds.n_splits:
        return np.nan
    model = make_pipeline(StandardScaler(), RidgeCV(_PENALTIES))
    predicted = cross_val_predict(model, features, confounders, cv=folds)
    return float(r2_score(confounders, predicted))


@dataclass(kw_only=True, eq=False, repr=False)
class AdversarialNetwork(NamedNetwork):
    """Network with an adversary that predicts domains and continuous confounders."""

    adversary_weight: float = 1.0
    adversary_units: int | tuple[int, ...] = 64

    _net_class = AdversarialNet
    _other_defaults: ClassVar[dict[str, Any]] = {"linear_path": False, "kmer_path": 0}

    def confounder_score(
        self, X, domains=None, y=None, *, confounders=None, cv=5, random_state=0
    ) -> float:
        """Measure how well confounders are predicted from the features of sequences.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences that were not trained on.
        domains : array-like of shape (n_samples,), default=None
            Domain of each sequence.
        y : array-like of shape (n_samples,), default=None
            Labels: the confounder is then predicted within each class, and the score is the mean
            over them, weighted by their sizes; a class of one domain is left out. Where classes and
            confounders are correlated, features of the class are bound to predict the confounder.
        confounders : array-like of shape (n_samples,) or (n_samples, n_confounders), default=None
            Continuous confounders, instead of `domains`.
        cv : int, default=5
            Number of folds, at random; domains are stratified.
        random_state : int, RandomState instance or None, default=0
            Seed of the folds.

        Returns
        -------
        float
            Of domains, the AUROC of a logistic regression on held-out folds: 0.5 if the features
            tell nothing; of more than two, the mean of each against the rest. Of confounders, the
            R2 of a ridge regression on held-out folds, averaged over them: 0 or less if the
            features tell nothing.

        Raises
        ------
        ValueError
            If not exactly one of `domains` and `confounders` is given, there is one domain alone,
            or one has fewer samples (of a class) than there are folds.
        """
        check_is_fitted(self)
        if (domains is None) == (confounders is None):
            raise ValueError("give either domains or confounders, which are scored differently")
        features = self._features(X)
        labels = np.zeros(len(features)) if y is None else column_or_1d(y)
        missing = pd.isna(labels)
        if missing.any():
            raise ValueError(
                f"Input y contains NaN: the label of row {missing.argmax()} is missing; drop that "
                "row"
            )
        parts = [labels == label for label in np.unique(labels)]
        score: Any
        folds: Any
        if confounders is not None:
            values, score = read_confounders(confounders), score_confounders
            folds = KFold(cv, shuffle=True, random_state=random_state)
        else:
            values, score = read_domains(domains), score_domains
            folds = StratifiedKFold(cv, shuffle=True, random_state=random_state)
        check_consistent_length(features, values, labels)
        scores = np.array([score(features[rows], values[rows], folds) for rows in parts])
        known = ~np.isnan(scores)
        if not known.any():
            if confounders is not None:
                raise ValueError(f"there are too few sequences (of a class) for cv={cv}")
            raise ValueError("there is one domain alone, in all of X or in each class of y")
        sizes = np.array([rows.sum() for rows in parts])
        return float(np.average(scores[known], weights=sizes[known]))

    @property
    def _n_adversaries(self) -> int:
        return 1

    def _adversary_of(self, y) -> np.ndarray:
        """Index of the adversary of each sample."""
        return np.zeros(len(y), dtype=int)

    @property
    def _has_adversary(self) -> bool:
        return len(self.domains_) > 0 or self.n_confounders_ > 0

    def _read_validation(self, X, y, sample_weight):
        if self._has_adversary:
            # Early stopping monitors the targets alone, so that any confounders will do.
            y = self._read_y(y)
            domains = np.full(len(y), self.domains_[0]) if len(self.domains_) else None
            n_confounders = self.n_confounders_
            confounders = np.zeros((len(y), n_confounders)) if n_confounders else None
            y = join_confounders(y, domains, confounders)
        return super()._read_validation(X, y, sample_weight)

    def _with_confounders(self, y, domains, confounders) -> np.ndarray | None:
        """Targets and confounders in one array, or targets alone if there are no confounders."""
        if y is None:
            return None
        y = self._read_y(y)
        if domains is None and confounders is None:
            warn_user(
                f"{type(self).__name__} was given no domains or confounders, so it trains without "
                "an adversary"
            )
            return y
        domains = None if domains is None else read_domains(domains)
        confounders = None if confounders is None else read_confounders(confounders)
        return join_confounders(y, domains, confounders)

    def _read_y(self, y) -> np.ndarray:
        return y if is_joined(y) else super()._read_y(y)

    def _learn_targets(self, y, weight, classes) -> None:
        super()._learn_targets(labels_of(y), weight, classes)
        fields = (y.dtype.names or ()) if is_joined(y) else ()
        self.domains_ = np.unique(y["domain"]) if "domain" in fields else np.empty(0)
        self.n_confounders_ = y["confounders"].shape[1] if "confounders" in fields else 0
        if len(self.domains_) == 1:
            raise ValueError(
                f"domains has one value only, {self.domains_.tolist()[0]!r}: there is nothing to "
                "distinguish; use CNNClassifier or another estimator"
            )

    def _encode_targets(self, y, weight) -> tuple[np.ndarray, np.ndarray]:
        targets: Any
        targets, weights = super()._encode_targets(labels_of(y), weight)
        fields = (y.dtype.names or ()) if is_joined(y) else ()
        self._check_same_confounders(y, fields)
        if not self._has_adversary:
            return targets, weights
        if self._has_balanced_batches:
            raise ValueError(
                "balanced_batches=True draws rows by their classes, whatever their domains; use "
                "class_weight='balanced'"
            )
        n = len(y)
        adversaries = self._adversary_of(labels_of(y))
        domains, domain_weights = np.zeros(n), np.zeros(n)
        if len(self.domains_):
            domains = encode_domains(y["domain"], self.domains_)
            domain_weights = weigh_domains(domains, adversaries, self.domains_, weight)
        confounders = y["confounders"] if self.n_confounders_ else np.zeros((n, 0))
        repeated = np.repeat(average_one(weight)[:, np.newaxis], self.n_confounders_, axis=1)
        return (
            np.column_stack([targets, domains, adversaries, confounders]).astype(float),
            np.column_stack([weights, domain_weights, np.zeros(n), repeated]),
        )

    def _check_same_confounders(self, y: np.ndarray, fields: tuple[str, ...]) -> None:
        if ("domain" in fields) != bool(len(self.domains_)):
            raise ValueError("domains have to be given in each call, or in none")
        n_confounders = y["confounders"].shape[1] if "confounders" in fields else 0
        if n_confounders != self.n_confounders_:
            raise ValueError(
                f"confounders has {n_confounders} columns, but {self.n_confounders_} in the first "
                "call"
            )

    def _row_sets(self, y) -> list[np.ndarray]:
        return super()._row_sets(labels_of(y))

    def _labels_to_stratify(self, y) -> np.ndarray | None:
        return super()._labels_to_stratify(labels_of(y))

    def _make_loss(self):
        loss = super()._make_loss()
        if not self._has_adversary:
            return loss
        return AdversarialLoss(
            loss, self.n_outputs_, len(self.domains_), self.n_confounders_, self._n_adversaries
        )

    def _make_callbacks(self, validates: bool) -> list:
        callbacks = super()._make_callbacks(validates)
        if not self._has_adversary:
            return callbacks
        warm_up = AdversaryWarmUp(self.adversary_weight, self.max_iter, self.n_iter_)
        return [("_adversary", warm_up), *callbacks]

    def _build_network(self, **settings) -> nn.Module:
        names = ("n_domain_scores", "adversary_units", "has_confounders")
        n_domain_scores, units, has_confounders = (settings.pop(name) for name in names)
        network: Any = super()._build_network(**settings)
        if n_domain_scores or has_confounders:
            network.output = AdversarialOutput(
                network.output, n_domain_scores, units, has_confounders
            )
        return network

    def _network_params(self) -> dict[str, Any]:
        return super()._network_params() | {
            "n_domain_scores": self._n_adversaries * len(self.domains_),
            "adversary_units": self.adversary_units,
            "has_confounders": self.n_confounders_ > 0,
        }

    def _check_settings(self) -> None:
        super()._check_settings()
        check_real("adversary_weight", self.adversary_weight, 0)
        for name in self._other_defaults:
            if (self.network_params or {}).get(name):
                raise ValueError(
                    f"network_params has {name!r}, whose scores the adversary would not see; leave "
                    "it out"
                )

    def _features(self, X) -> np.ndarray:
        """Compute the features below the output layer, averaged as the scores are."""
        data = self._read(X, reset=False)
        parts = self.net_.map_batches(data, self._describe)
        return np.concatenate([part.cpu().numpy() for part in parts])

    def _describe(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        network: Any = self.network_
        features, _ = network.parts(x, mask)
        if not self.net_.average_strands:
            return features
        other, _ = network.parts(*self.net_.augmentation.other_strand(x, mask))
        return (features + other) / 2


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class DomainAdversarialClassifier(AdversarialNetwork, ClassifierTargets, SequenceEstimator):
    """Network whose features predict classes, but not the batch, species or ancestry.

    An adversary learns to predict the domain of a sequence and its continuous confounders, such as
    principal components of population structure, age or batch covariates, from the features that
    classes are predicted from; the network learns features on which it fails, by reversed gradients
    [1]_. :meth:`confounder_score` measures what the features still tell.

    Parameters
    ----------
    network : str, default="cnn"
        "cnn", "resnet", "unet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer" or
        "mlp".
    network_params : dict, default=None
        Hyperparameters of the network that replace the defaults of :class:`CNNClassifier` etc.,
        but for `linear_path` and `kmer_path`, which the adversary would not see.
    adversary_weight : float, default=1.0
        Weight of the adversary at the end of training; 0 for none. It grows by the usual
        ``2 / (1 + exp(-10 * share of the steps)) - 1``. Continuous confounders that a network
        depends on much, such as population structure, need 5 to 15.
    adversary_units : int or tuple of int, default=64
        Sizes of the hidden layers of the adversary.
    per_class : bool, default=True
        If True, each class has an adversary of its own, which sees its samples alone [2]_: features
        are independent of confounders within each class, which is right where a confounder only
        changes how often the classes occur. A single one is enough where classes and confounders
        are not correlated, and right where a confounder is a cause of the class beside the
        sequence, as ancestry is of a disease. An indicator matrix has a single one in any case.
    {classifier}
    {input}
    {training}

    Attributes
    ----------
    domains_ : ndarray of shape (n_domains,)
        The domains; empty if there were none in fit.
    n_confounders_ : int
        Number of continuous confounders.
    {fitted classifier}
    {receptive field}
    {fitted}

    See Also
    --------
    DomainAdversarialRegressor : The same network for real targets.
    skgenomics.model_selection.confounder_report : Find confounders of sequences.
    skgenomics.model_selection.ConfounderResidualizer : Subtract confounders from a table.

    Notes
    -----
    The loss of the adversary is the cross-entropy of domains. That of continuous confounders is
    their unexplained variance, as in [3]_, in a ridge regression on the features and on the hidden
    layer of the adversary; it is solved in each batch, so that features cannot evade an adversary
    that lags behind. Batches of 100 samples and more make it reliable.

    References
    ----------
    .. [1] Ganin et al., Domain-adversarial training of neural networks, Journal of Machine Learning
       Research 17, 2016.
    .. [2] Li et al., Deep domain generalization via conditional invariant adversarial networks,
       ECCV 2018.
    .. [3] Adeli et al., Representation learning with statistical independence to mitigate bias,
       WACV 2021.

    Examples
    --------
    >>> from skgenomics import DomainAdversarialClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y, batch = ["TATA", "TATA", "none", "none"] * 8, ["first", "second"] * 16
    >>> classifier = DomainAdversarialClassifier(max_iter=10, random_state=0)
    >>> classifier.fit(X, y, domains=batch).predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """

    per_class: bool = True

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        groups=None,
        validation_data=None,
        X_val=None,
        y_val=None,
        domains=None,
        confounders=None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n_samples,) or (n_samples, 1); codes of shape (n_samples, length);
            channels of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length).
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels; or an indicator matrix of 0 and 1 with NaN where a label is missing.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights; a weight of zero is the same as leaving the sample out.
        groups : array-like of shape (n_samples,), default=None
            Groups of samples that are not separated when early stopping splits off a validation
            part.
        validation_data : tuple (X_val, y_val) or (X_val, y_val, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val, y_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.
        domains : array-like of shape (n_samples,), default=None
            Domain of each sequence: names or numbers of batches, species and the like. In pipelines
            and searches it needs scikit-learn's metadata routing and
            ``set_fit_request(domains=True)``.
        confounders : array-like of shape (n_samples,) or (n_samples, n_confounders), default=None
            Continuous confounders, in any units: principal components, age, batch covariates.
            Without domains and confounders there is no adversary, with a warning.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If X, y, domains or confounders are empty, malformed or of different lengths, y has a
            single class or a task without labels, there is one domain alone, a confounder of a
            sample is missing, or a hyperparameter is out of range.
        """
        names = column_names(y)
        self._fit(
            X,
            self._with_confounders(y, domains, confounders),
            sample_weight,
            groups,
            validation=(validation_data, X_val, y_val),
        )
        keep_target_names(self, names if self.multilabel_ else None)
        return self

    def partial_fit(
        self, X, y, classes=None, sample_weight=None, domains=None, confounders=None
    ) -> Self:
        """Train for one more epoch, with a constant learning rate and no early stopping.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels, as in :meth:`fit`.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur; required in the first call if its y lacks some.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        domains : array-like of shape (n_samples,), default=None
            Domains, as in :meth:`fit`; the first call has to hold all of them.
        confounders : array-like of shape (n_samples,) or (n_samples, n_confounders), default=None
            Continuous confounders, as in :meth:`fit`.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        y = self._with_confounders(y, domains, confounders)
        return super().partial_fit(X, y, classes, sample_weight)

    @property
    def _n_adversaries(self) -> int:
        return len(self.classes_) if self.per_class and not self.multilabel_ else 1

    def _adversary_of(self, y) -> np.ndarray:
        if self._n_adversaries == 1:
            return super()._adversary_of(y)
        return np.searchsorted(self.classes_, y)

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("per_class", self.per_class, (True, False))


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class DomainAdversarialRegressor(AdversarialNetwork, RegressorTargets, SequenceEstimator):
    """Network whose features predict real targets, but not the batch, species or ancestry.

    It is trained like :class:`DomainAdversarialClassifier`, with a single adversary.

    Parameters
    ----------
    network : str, default="cnn"
        "cnn", "resnet", "unet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer" or
        "mlp".
    network_params : dict, default=None
        Hyperparameters of the network that replace the defaults of :class:`CNNRegressor` etc.,
        but for `linear_path` and `kmer_path`, which the adversary would not see.
    adversary_weight : float, default=1.0
        Weight of the adversary at the end of training; 0 for none. It grows by the usual
        ``2 / (1 + exp(-10 * share of the steps)) - 1``. Continuous confounders that a network
        depends on much, such as population structure, need 5 to 15.
    adversary_units : int or tuple of int, default=64
        Sizes of the hidden layers of the adversary.
    {regressor}
    {input}
    {training}

    Attributes
    ----------
    domains_ : ndarray of shape (n_domains,)
        The domains; empty if there were none in fit.
    n_confounders_ : int
        Number of continuous confounders.
    {fitted regressor}
    {receptive field}
    {fitted}

    See Also
    --------
    DomainAdversarialClassifier : The same network for labels.

    References
    ----------
    .. [1] Adeli et al., Representation learning with statistical independence to mitigate bias,
       WACV 2021.

    Examples
    --------
    >>> from skgenomics import DomainAdversarialRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y, age = [1.2, 1.0, 0.1, 0.2] * 8, [float(i) for i in range(32)]
    >>> regressor = DomainAdversarialRegressor(max_iter=2, random_state=0)
    >>> regressor.fit(X, y, confounders=age).predict(X).shape
    (32,)
    """

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        groups=None,
        validation_data=None,
        X_val=None,
        y_val=None,
        domains=None,
        confounders=None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n_samples,) or (n_samples, 1); codes of shape (n_samples, length);
            channels of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length).
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Real targets; among several, NaN marks a missing one.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights; a weight of zero is the same as leaving the sample out.
        groups : array-like of shape (n_samples,), default=None
            Groups of samples that are not separated when early stopping splits off a validation
            part.
        validation_data : tuple (X_val, y_val) or (X_val, y_val, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val, y_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.
        domains : array-like of shape (n_samples,), default=None
            Domain of each sequence, as in :meth:`DomainAdversarialClassifier.fit`.
        confounders : array-like of shape (n_samples,) or (n_samples, n_confounders), default=None
            Continuous confounders, in any units: principal components, age, batch covariates.
            Without domains and confounders there is no adversary, with a warning.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If X, y, domains or confounders are empty, malformed or of different lengths, there is
            one domain alone, a confounder of a sample is missing, or a hyperparameter is out of
            range.
        """
        names = column_names(y)
        self._fit(
            X,
            self._with_confounders(y, domains, confounders),
            sample_weight,
            groups,
            validation=(validation_data, X_val, y_val),
        )
        keep_target_names(self, names)
        return self

    def partial_fit(self, X, y, sample_weight=None, domains=None, confounders=None) -> Self:
        """Train for one more epoch, with a constant learning rate and no early stopping.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Real targets, as in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        domains : array-like of shape (n_samples,), default=None
            Domains, as in :meth:`fit`; the first call has to hold all of them.
        confounders : array-like of shape (n_samples,) or (n_samples, n_confounders), default=None
            Continuous confounders, as in :meth:`fit`.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        return super().partial_fit(
            X, self._with_confounders(y, domains, confounders), sample_weight
        )
