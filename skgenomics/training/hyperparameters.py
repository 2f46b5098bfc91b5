"""Groups of hyperparameters that estimators take as one object each.

Each group is a scikit-learn object: ``estimator.set_params(augmentation__shift=3)`` and a search
over ``augmentation__shift`` set a single one of its parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from numbers import Real
from os import PathLike, fspath

from sklearn.base import BaseEstimator

from skgenomics._utils.validation import check_choice, check_integer, check_real

EDITS = ("insertion", "deletion", "inversion", "translocation")


@dataclass(eq=False, repr=False)
class Augmentation(BaseEstimator):
    """Random changes of the training sequences, drawn again for each batch.

    Insertions, deletions, inversions and translocations are those of EvoAug [1]_. Each one that is
    set is applied to every sequence, and none changes the length of a sequence. Input that does
    not hold sequences of an alphabet, such as signals, is only shifted.

    Parameters
    ----------
    shift : int, default=0
        Maximum number of positions by which a sequence moves, in either direction.
    mutation_rate : float or "auto", default="auto"
        Fraction of the positions that get a random base or residue. "auto" is 0.1 where one strand
        is read, 0.03 where both are, and 0 where positions have targets of their own.
    masking_rate : float or "auto", default="auto"
        Fraction of the positions that are masked as unknown. "auto" is 0.1 for
        :class:`~skgenomics.SequenceLabeler`, else 0.
    insertion : int, default=0
        Maximum length of an inserted random segment.
    deletion : int, default=0
        Maximum length of a deleted segment.
    inversion : int, default=0
        Maximum length of a segment that is replaced by its reverse complement.
    translocation : int, default=0
        Maximum number of positions by which a sequence is rolled, in either direction.

    References
    ----------
    .. [1] Lee et al., EvoAug: improving generalization and interpretability of genomic deep neural
       networks with evolution-inspired data augmentations, Genome Biology 24, 2023.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.training import Augmentation
    >>> classifier = CNNClassifier(augmentation=Augmentation(shift=3))
    >>> classifier.set_params(augmentation__mutation_rate=0.05).augmentation
    Augmentation(mutation_rate=0.05, shift=3)
    """

    shift: int = 0
    mutation_rate: float | str = "auto"
    masking_rate: float | str = "auto"
    insertion: int = 0
    deletion: int = 0
    inversion: int = 0
    translocation: int = 0

    def _check(self) -> None:
        for name in ("shift", *EDITS):
            check_integer(name, getattr(self, name), 0)
        for name in ("mutation_rate", "masking_rate"):
            if getattr(self, name) != "auto":
                check_real(name, getattr(self, name), 0, 1)

    def _changes(self) -> dict[str, float]:
        """Parameters that are set explicitly, by their names."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value not in (0, "auto")}


@dataclass(eq=False, repr=False)
class ClassBalancing(BaseEstimator):
    """Treatment of classes of unequal frequency, beside the class weights.

    Parameters
    ----------
    pos_weight : float, sequence of float or None, default=None
        Factor of the weights of positives, for two classes (the second one) or for an indicator
        matrix, there also one for each task.
    effective_number_beta : float, default=0.999
        Beta of ``class_weight="effective_number"``: 0 weights all samples equally, values near 1
        equal "balanced".
    balanced_batches : bool, default=False
        If True, each batch holds the same number of sequences of each class: those of rare classes
        occur several times in an epoch, and only a part of the others. Probabilities are then those
        of classes of equal size, which `refit_head` corrects for their proportion in y.
    refit_head : int, default=0
        Epochs of a second stage of training, in which everything but the `trunk` of the network is
        trained further, on all classes in their proportion and at a tenth of the learning rate
        [1]_.

    References
    ----------
    .. [1] Singh et al., Predicting enhancer-promoter interaction from genomic sequence with deep
       neural networks, Quantitative Biology 7, 2019.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.training import ClassBalancing
    >>> CNNClassifier(balancing=ClassBalancing(balanced_batches=True, refit_head=10))
    CNNClassifier(balancing=ClassBalancing(balanced_batches=True, refit_head=10))
    """

    pos_weight: float | Sequence[float] | None = None
    effective_number_beta: float = 0.999
    balanced_batches: bool = False
    refit_head: int = 0

    def _check(self) -> None:
        check_real("effective_number_beta", self.effective_number_beta, 0, 1)
        check_choice("balanced_batches", self.balanced_batches, (True, False))
        check_integer("refit_head", self.refit_head, 0)


@dataclass(eq=False, repr=False)
class Regularization(BaseEstimator):
    """Penalties on the weights of convolutions and linear layers, and limits of their norms.

    Parameters
    ----------
    l1 : float, default=0.0
        Factor of the sum of the absolute weights in the loss.
    l2 : float, default=0.0
        Factor of the sum of the squared weights in the loss.
    max_norm : float or None, default=None
        Maximum norm of the weights into a unit; None for no limit.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.training import Regularization
    >>> CNNClassifier(regularization=Regularization(l2=1e-4)).regularization
    Regularization(l2=0.0001)
    """

    l1: float = 0.0
    l2: float = 0.0
    max_norm: float | None = None

    def _check(self) -> None:
        for name in ("l1", "l2"):
            check_real(name, getattr(self, name), 0)
        if self.max_norm is not None:
            check_real("max_norm", self.max_norm, 0, inclusive=False)


@dataclass(eq=False, repr=False)
class Transfer(BaseEstimator):
    """Details of training from a pretrained model, beside `pretrained` and `freeze`.

    Parameters
    ----------
    new_head : bool, default=False
        If True, the last layer is re-initialized even where that of `pretrained` would fit.
    unfreeze_every : int or None, default=None
        Number of epochs after which the topmost frozen layer is unfrozen, again and again [1]_;
        None for never.
    layer_decay : float, default=1.0
        Factor of the learning rate from the head to the topmost layer of the trunk, and from each
        layer to the one below it; 1 for the same rate everywhere.

    References
    ----------
    .. [1] Howard and Ruder, Universal language model fine-tuning for text classification, ACL 2018.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.training import Transfer
    >>> X, y = ["ACGT", "ACGA", "TTGT", "TTGA"] * 8, [0, 0, 1, 1] * 8
    >>> source = CNNClassifier(n_filters=8, max_iter=2).fit(X, y)
    >>> tuned = CNNClassifier(pretrained=source, transfer=Transfer(layer_decay=0.5), max_iter=2)
    >>> tuned.fit(X, y).n_iter_
    2
    """

    new_head: bool = False
    unfreeze_every: int | None = None
    layer_decay: float = 1.0

    def _check(self) -> None:
        check_choice("new_head", self.new_head, (True, False))
        check_real("layer_decay", self.layer_decay, 0, 1)
        if self.unfreeze_every is not None:
            check_integer("unfreeze_every", self.unfreeze_every, 1)


@dataclass(eq=False, repr=False)
class Checkpoint(BaseEstimator):
    """Where an interrupted training is resumed from, and how often its state is written.

    `fit` with the same hyperparameters and data continues a training that was killed at any batch:
    its parameters are bitwise those of an uninterrupted one. A finished training is not repeated.

    Parameters
    ----------
    folder : str or path
        Folder that belongs to one training, and is created if it is new. It holds one file, which
        is always replaced as a whole. Another configuration, other data or another version of this
        package or of torch is refused.
    every : int, default=500
        Number of batches between two writes. The end of each stage of training is written too.
    per_fit : bool, default=False
        If True, each training has a folder of its own in `folder`, named by the checksum of its
        hyperparameters and data: for searches, cross-validation and ensembles, where clones of an
        estimator share `folder`. It needs an integer `random_state`.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.training import Checkpoint
    >>> X, y = ["ACGT", "ACGA", "TTGT", "TTGA"] * 8, [0, 0, 1, 1] * 8
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     classifier = CNNClassifier(
    ...         n_filters=8, max_iter=1, checkpoint=Checkpoint(folder, per_fit=True), random_state=0
    ...     )
    ...     search = GridSearchCV(classifier, {"kernel_size": [3, 5]}, cv=2).fit(X, y)
    >>> search.best_estimator_.n_iter_
    1
    """

    folder: str | PathLike
    every: int = 500
    per_fit: bool = False

    def _check(self) -> None:
        if not isinstance(self.folder, str | PathLike):
            raise ValueError(f"checkpoint must be the path of a folder, got {self.folder!r}")
        check_integer("every", self.every, 1)
        check_choice("per_fit", self.per_fit, (True, False))

    def __getstate__(self):
        # Paths are no plain values, which alone can be saved safely.
        return super().__getstate__() | {"folder": fspath(self.folder)}


@dataclass(eq=False, repr=False)
class CrossEntropyLoss(BaseEstimator):
    """Cross-entropy with label smoothing, as the `loss` of a classifier.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Fraction of each label that is spread over all classes.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.training import CrossEntropyLoss
    >>> CNNClassifier(loss=CrossEntropyLoss(label_smoothing=0.1)).loss.label_smoothing
    0.1
    """

    _name = "cross_entropy"

    label_smoothing: float = 0.0

    def _check(self) -> None:
        check_real("label_smoothing", self.label_smoothing, 0, 1)


@dataclass(eq=False, repr=False)
class FocalLoss(BaseEstimator):
    """Cross-entropy that fades for samples that are predicted well [1]_, as a `loss`.

    Parameters
    ----------
    gamma : float, default=2.0
        Exponent of the probability of error; 0 for the plain cross-entropy.
    label_smoothing : float, default=0.0
        Fraction of each label that is spread over all classes.

    References
    ----------
    .. [1] Lin et al., Focal loss for dense object detection, ICCV 2017.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.training import FocalLoss
    >>> CNNClassifier(loss=FocalLoss(gamma=1.0)).loss
    FocalLoss(gamma=1.0)
    """

    _name = "focal"

    gamma: float = 2.0
    label_smoothing: float = 0.0

    def _check(self) -> None:
        check_real("gamma", self.gamma, 0)
        check_real("label_smoothing", self.label_smoothing, 0, 1)


@dataclass(eq=False, repr=False)
class QuantileLoss(BaseEstimator):
    """Pinball loss of one or several quantiles, as the `loss` of a regressor [1]_.

    Parameters
    ----------
    quantiles : float or tuple of float, default=0.5
        Quantiles to estimate, between 0 and 1 and in ascending order. `predict` returns the one
        nearest to the median, `predict_quantiles` all.

    References
    ----------
    .. [1] Koenker and Bassett, Regression quantiles, Econometrica 46, 1978.

    Examples
    --------
    >>> from skgenomics import CNNRegressor
    >>> from skgenomics.training import QuantileLoss
    >>> X, y = ["ACGT", "ACGA", "TTGT", "TTGA"] * 8, [0.0, 0.1, 1.0, 1.1] * 8
    >>> regressor = CNNRegressor(loss=QuantileLoss((0.1, 0.5, 0.9)), n_filters=8, max_iter=2)
    >>> regressor.fit(X, y).predict_quantiles(X).shape
    (32, 3)
    """

    _name = "quantile"

    quantiles: float | tuple[float, ...] = 0.5

    def _check(self) -> None:
        values = self._ascending()
        for value in values:
            check_real("quantiles", value, 0, 1, inclusive=False)
        if not values or any(a >= b for a, b in pairwise(values)):
            raise ValueError(f"quantiles must be in ascending order, got {self.quantiles!r}")

    def _ascending(self) -> tuple[float, ...]:
        if isinstance(self.quantiles, Real):
            return (float(self.quantiles),)
        return tuple(map(float, self.quantiles))  # type: ignore[arg-type]

    def _in_order_of_scores(self) -> tuple[float, ...]:
        """Quantiles in the order of the scores of the network: the one of `predict` first."""
        values = self._ascending()
        main = min(values, key=lambda value: abs(value - 0.5))
        return (main, *(value for value in values if value != main))


@dataclass(eq=False, repr=False)
class GaussianLoss(BaseEstimator):
    """Negative log-likelihood of a normal distribution with a variance for each sample.

    The network predicts mean and variance, which ``predict(X, return_std=True)`` returns.

    Parameters
    ----------
    beta : float, default=0.0
        Exponent of the variance by which the loss of a sample is weighted [1]_: 0 for the
        likelihood itself, 0.5 if it neglects samples that are hard to fit.

    References
    ----------
    .. [1] Seitzer et al., On the pitfalls of heteroscedastic uncertainty estimation with
       probabilistic neural networks, ICLR 2022.

    Examples
    --------
    >>> from skgenomics import CNNRegressor
    >>> from skgenomics.training import GaussianLoss
    >>> CNNRegressor(loss=GaussianLoss(beta=0.5)).loss
    GaussianLoss(beta=0.5)
    """

    _name = "gaussian"

    beta: float = 0.0

    def _check(self) -> None:
        check_real("beta", self.beta, 0, 1)


@dataclass(eq=False, repr=False)
class CosineMSELoss(BaseEstimator):
    """Squared error plus the cosine distance of the targets of a sample, as a `loss` [1]_.

    The cosine is that of the values of all targets, such as the accessibility of one peak in all
    cell types: it is the specificity of the peak, whatever its height. Targets are divided by their
    common root mean square, but not centered.

    Parameters
    ----------
    cosine_weight : float, default=1.0
        Factor of the cosine distance.

    References
    ----------
    .. [1] Kempynck et al., CREsted: modeling genomic and synthetic cell type-specific enhancers
       across tissues and species, bioRxiv, 2025.

    Examples
    --------
    >>> from skgenomics import CNNRegressor
    >>> from skgenomics.training import CosineMSELoss
    >>> CNNRegressor(loss=CosineMSELoss(cosine_weight=2.0)).loss
    CosineMSELoss(cosine_weight=2.0)
    """

    _name = "cosine_mse"

    cosine_weight: float = 1.0

    def _check(self) -> None:
        check_real("cosine_weight", self.cosine_weight, 0)


LOSSES = {"cross_entropy": CrossEntropyLoss, "focal": FocalLoss}
REGRESSOR_LOSSES: dict[str, type] = {
    "quantile": QuantileLoss,
    "gaussian": GaussianLoss,
    "cosine_mse": CosineMSELoss,
}
