"""Domain-adversarial training: classifiers that do not rely on the origin of a sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
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
from skgenomics.estimators._targets import (
    average_one,
    column_names,
    keep_target_names,
    lookup_indices,
    weigh_classes,
)
from skgenomics.networks.domain_adversarial import AdversarialOutput
from skgenomics.training._adversarial_net import AdversarialLoss, AdversarialNet, AdversaryWarmUp


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


def join_domains(y: np.ndarray, domains: np.ndarray) -> np.ndarray:
    """Join labels and domains in one array with the fields "label" and "domain"."""
    check_consistent_length(y, domains)
    both = np.empty(len(y), [("label", y.dtype, y.shape[1:]), ("domain", domains.dtype)])
    both["label"], both["domain"] = y, domains
    return both


def has_domains(y) -> bool:
    """Tell whether y comes from :func:`join_domains`."""
    return isinstance(y, np.ndarray) and y.dtype.names == ("label", "domain")


def labels_of(y: np.ndarray) -> np.ndarray:
    """Return the labels, of y with or without domains."""
    return y["label"] if has_domains(y) else y


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


def tell_domains(features: np.ndarray, domains: np.ndarray, folds: StratifiedKFold) -> float:
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


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class DomainAdversarialClassifier(NamedNetwork, ClassifierTargets, SequenceEstimator):
    """Network whose features tell classes, but not the batch, species or other domain.

    An adversary learns to tell the domain of a sequence from the features that the classes are
    told from, and the network learns features that make it fail, by gradients of reversed
    sign [1]_. Whether that worked is what :meth:`confounder_score` measures.

    Parameters
    ----------
    network : str, default="cnn"
        "cnn", "resnet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer" or "mlp".
    network_params : dict, default=None
        Hyperparameters of the network that replace the defaults of :class:`CNNClassifier` etc.,
        but for `linear_path` and `kmer_path`, which the adversary would not see.
    adversary_weight : float, default=1.0
        How much the adversary counts in the end; 0 for not at all. It grows by the usual
        ``2 / (1 + exp(-10 * share of the steps)) - 1``.
    adversary_units : int or tuple of int, default=64
        Sizes of the hidden layers of the adversary.
    per_class : bool, default=True
        Whether each class has an adversary of its own, which sees its sequences alone [2]_. A
        single one is enough where classes and domains are not correlated. Where they are, it takes
        for a trace of the domain what tells the class, and the network makes up for that by other
        traces of the domain. An indicator matrix has a single one in any case.
    {classifier}
    {input}
    {training}

    Attributes
    ----------
    domains_ : ndarray
        The domains; empty if there were none in fit.
    {fitted classifier}
    {receptive field}
    {fitted}

    See Also
    --------
    skgenomics.model_selection.confounder_report : Which confounders there are.

    References
    ----------
    .. [1] Ganin et al., Domain-adversarial training of neural networks, Journal of Machine Learning
       Research 17, 2016.
    .. [2] Li et al., Deep domain generalization via conditional invariant adversarial networks,
       ECCV 2018.

    Examples
    --------
    >>> from skgenomics import DomainAdversarialClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y, batch = ["TATA", "TATA", "none", "none"] * 8, ["first", "second"] * 16
    >>> classifier = DomainAdversarialClassifier(max_iter=10, random_state=0)
    >>> classifier.fit(X, y, domains=batch).predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """

    adversary_weight: float = 1.0
    adversary_units: int | tuple[int, ...] = 64
    per_class: bool = True

    _net_class = AdversarialNet
    _other_defaults: ClassVar[dict[str, Any]] = {"linear_path": False, "kmer_path": 0}

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        groups=None,
        domains=None,
        validation_data=None,
        X_val=None,
        y_val=None,
    ):
        """Train the network.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n_samples,) or (n_samples, 1); codes of shape (n_samples, length);
            channels of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length).
        y : array-like of shape (n,) or (n, n_tasks)
            Labels; or an indicator matrix of 0 and 1 with NaN where a label is missing.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights; a weight of zero is the same as leaving the sample out.
        groups : array-like of shape (n_samples,), default=None
            Groups of samples that are not separated when early stopping splits off a validation
            part.
        domains : array-like of shape (n,), optional
            Where each sequence comes from: names or numbers of batches, species and the like. None
            for no adversary, with a warning. In pipelines and searches it needs scikit-learn's
            metadata routing and ``set_fit_request(domains=True)``.
        validation_data : tuple (X_val, y_val) or (X_val, y_val, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val, y_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If X, y or domains are empty, malformed or of different lengths, y has a single class
            or a task without labels, there is one domain alone, or a hyperparameter is out of
            range.
        """
        names = column_names(y)
        self._fit(
            X,
            self._with_domains(y, domains),
            sample_weight,
            groups,
            validation=(validation_data, X_val, y_val),
        )
        keep_target_names(self, names if self.multilabel_ else None)
        return self

    def partial_fit(self, X, y, classes=None, sample_weight=None, domains=None):
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

        Returns
        -------
        self : object
            Fitted estimator.
        """
        return super().partial_fit(X, self._with_domains(y, domains), classes, sample_weight)

    def confounder_score(self, X, domains, y=None, *, cv=5, random_state=0) -> float:
        """Measure how well the domain can be told from the features of sequences.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences that were not trained on.
        domains : array-like of shape (n,)
            Where each one comes from.
        y : array-like of shape (n,), optional
            Labels: the domain is then told within each class, and the score is the mean over them,
            weighted by their sizes; a class of one domain is left out. Where classes and domains
            are correlated, features that tell the class are bound to tell the domain too.
        cv : int, default=5
            Folds, at random and with the domains in proportion.
        random_state : int, RandomState instance or None, default=0
            Seed of the folds.

        Returns
        -------
        float
            AUROC of the predictions of a logistic regression on the folds that it was not fitted
            to: 0.5 if the features tell nothing. Of more than two domains the mean of each against
            the rest.

        Raises
        ------
        ValueError
            If there is one domain alone, or one has fewer rows (of a class) than there are folds.
        """
        check_is_fitted(self)
        features, domains = self._features(X), read_domains(domains)
        check_consistent_length(features, domains, y)
        folds = StratifiedKFold(cv, shuffle=True, random_state=random_state)
        labels = np.zeros(len(domains)) if y is None else column_or_1d(y)
        missing = pd.isna(labels)
        if missing.any():
            raise ValueError(
                f"Input y contains NaN: the label of row {missing.argmax()} is missing; drop that "
                "row"
            )
        parts = [labels == label for label in np.unique(labels)]
        scores = np.array([tell_domains(features[rows], domains[rows], folds) for rows in parts])
        known = ~np.isnan(scores)
        if not known.any():
            raise ValueError("there is one domain alone, in all of X or in each class of y")
        sizes = np.array([rows.sum() for rows in parts])
        return float(np.average(scores[known], weights=sizes[known]))

    def _read_validation(self, X, y, sample_weight):
        if len(self.domains_):
            # Early stopping watches the classes alone, so that any domain will do.
            y = self._read_y(y)
            y = join_domains(y, np.full(len(y), self.domains_[0]))
        return super()._read_validation(X, y, sample_weight)

    def _with_domains(self, y, domains) -> np.ndarray | None:
        """Labels and domains in one array, or labels alone if there are no domains."""
        if y is None:
            return None
        y = self._read_y(y)
        if domains is None:
            warn_user(
                f"{type(self).__name__} was given no domains, so it trains without an adversary"
            )
            return y
        return join_domains(y, read_domains(domains))

    def _read_y(self, y) -> np.ndarray:
        return y if has_domains(y) else super()._read_y(y)

    def _learn_targets(self, y, weight, classes) -> None:
        super()._learn_targets(labels_of(y), weight, classes)
        self.domains_ = np.unique(y["domain"]) if has_domains(y) else np.empty(0)
        if len(self.domains_) == 1:
            raise ValueError(
                f"domains has one value only, {self.domains_.tolist()[0]!r}: there is nothing to "
                "distinguish; use CNNClassifier or another classifier"
            )

    def _encode_targets(self, y, weight) -> tuple[np.ndarray, np.ndarray]:
        targets, weights = super()._encode_targets(labels_of(y), weight)
        if has_domains(y) != bool(len(self.domains_)):
            raise ValueError("domains have to be given in each call, or in none")
        if not len(self.domains_):
            return targets, weights
        if self._has_balanced_batches:
            raise ValueError(
                "balanced_batches=True draws rows by their classes, whatever their domains; use "
                "class_weight='balanced'"
            )
        domains = encode_domains(y["domain"], self.domains_)
        adversaries = np.zeros(len(y), dtype=int)
        if self._n_adversaries > 1:
            adversaries = np.searchsorted(self.classes_, y["label"])
        domain_weights = weigh_domains(domains, adversaries, self.domains_, weight)
        return (
            np.column_stack([targets, domains, adversaries]).astype(float),
            np.column_stack([weights, domain_weights, np.zeros(len(y))]),
        )

    @property
    def _n_adversaries(self) -> int:
        return len(self.classes_) if self.per_class and not self.multilabel_ else 1

    def _row_sets(self, y) -> list[np.ndarray]:
        return super()._row_sets(labels_of(y))

    def _labels_to_stratify(self, y) -> np.ndarray | None:
        return super()._labels_to_stratify(labels_of(y))

    def _make_loss(self):
        loss = super()._make_loss()
        n_domains = len(self.domains_)
        return AdversarialLoss(loss, self.n_outputs_, n_domains) if n_domains else loss

    def _make_callbacks(self, validates: bool) -> list:
        callbacks = super()._make_callbacks(validates)
        if not len(self.domains_):
            return callbacks
        warm_up = AdversaryWarmUp(self.adversary_weight, self.max_iter, self.n_iter_)
        return [("_adversary", warm_up), *callbacks]

    def _build_network(self, **settings) -> nn.Module:
        n_domain_scores = settings.pop("n_domain_scores")
        adversary_units = settings.pop("adversary_units")
        network: Any = super()._build_network(**settings)
        if n_domain_scores:
            network.output = AdversarialOutput(network.output, n_domain_scores, adversary_units)
        return network

    def _network_params(self) -> dict[str, Any]:
        return super()._network_params() | {
            "n_domain_scores": self._n_adversaries * len(self.domains_),
            "adversary_units": self.adversary_units,
        }

    def _check_settings(self) -> None:
        super()._check_settings()
        check_real("adversary_weight", self.adversary_weight, 0)
        check_choice("per_class", self.per_class, (True, False))
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
