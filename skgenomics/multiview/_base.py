"""Base class of multi-view classifiers and regressors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from skgenomics._utils.pipelines import split_steps
from skgenomics._utils.validation import warn_user
from skgenomics.estimators._targets import (
    column_names,
    keep_target_names,
    read_sample_weight,
    take_weighted_rows,
)
from skgenomics.estimators._training import TrainingData
from skgenomics.multiview import _views as table
from skgenomics.multiview._hyperparameters import MultiViewSettings
from skgenomics.multiview._joint_fusion import (
    build_branch,
    freeze_branches,
    initialize_branches,
    learn_branch,
    read_branch,
)
from skgenomics.multiview._late_fusion import (
    branch_of,
    compute_features,
    fit_view,
    split_network,
)
from skgenomics.multiview._net import MultiViewDataset, MultiViewNet, ViewArrays
from skgenomics.networks.fusion import FusionNetwork, Given

_FUSION_SETTINGS = (
    *("projection_size", "hidden_units", "hidden_dropout"),
    *("hidden_normalization", "hidden_activation"),
)


# Root mean square of a column, beyond which a network trains poorly on it.
_MAX_SCALE = 100.0


def _warn_of_scale(name: str, data: np.ndarray) -> None:
    """Warn if columns of numbers are far from the scale that networks learn from."""
    scale = np.sqrt(np.square(data, dtype=float).mean(axis=0))
    if scale.max(initial=0) > _MAX_SCALE:
        warn_user(
            f"view {name!r} holds numbers whose root mean square is {scale.max():.3g} in column "
            f"{scale.argmax()}, on which networks train poorly; make "
            "sklearn.preprocessing.StandardScaler() its encoder"
        )


@dataclass(kw_only=True, eq=False, repr=False)
class MultiViewEstimator(MultiViewSettings):
    """Base of the multi-view estimators; a mixin reads the targets."""

    _can_resume: ClassVar[bool] = False
    # Views treated as missing, to score an estimator without them.
    _hidden: ClassVar[frozenset[str]] = frozenset()

    def fit(
        self, X, y, sample_weight=None, groups=None, validation_data=None, X_val=None, y_val=None
    ):
        """Train on all views.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_columns)
            Columns of all views. A sample lacks a view if all its columns are NaN, None or empty
            text.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Labels, or an indicator matrix with NaN for missing labels; or real targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights; a weight of zero is the same as leaving the sample out.
        groups : array-like of shape (n_samples,), default=None
            Groups of samples that are not separated when early stopping splits off a validation
            part.
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
            If a column of a view is absent, a sample has no view at all, a view cannot be read
            (the message names it), or a hyperparameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups, validation=(validation_data, X_val, y_val))

    def _read_training(
        self, X, y, sample_weight, groups, *, resume: bool, classes=None
    ) -> TrainingData | None:
        """Read all views; None for an ensemble, whose estimators are then fitted already."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None"
            )
        seed = self._draw_seed()
        names = column_names(y)
        X, y = self._check_table(X) if resume else table.as_table(X), self._read_y(y)
        check_consistent_length(X, y, groups)
        weight = read_sample_weight(sample_weight, len(y))
        if not weight.all():
            X, y, weight, groups = take_weighted_rows(weight, X, y, weight, groups)
        if not resume:
            self._learn_views(X, y, weight)
            keep_target_names(self, names)
        if resume:
            data = self._read_all(X)
        elif self._is_one_network:
            data = self._learn_branches(X, y, weight, seed)
        else:
            self._fit_separately(X, y, None if sample_weight is None else weight, groups, seed)
            if self.fusion_ == "ensemble":
                return None
            data = self._compute_features(X)
            self.widths_ = [array.shape[1] for array in data.arrays]
        dataset = MultiViewDataset(data, *self._encode_targets(y, weight), dtype=self.dtype_)
        return TrainingData(dataset, seed, self._labels_to_stratify(y), groups)

    def _fit(self, *args, validation=(None, None, None), **kwargs):
        if self.fusion == "ensemble" and any(part is not None for part in validation):
            raise ValueError(
                "fusion='ensemble' fits the estimator of each view by itself, so that there is no "
                "network to validate; set validation_fraction of the estimators in `views`"
            )
        return super()._fit(*args, validation=validation, **kwargs)

    def _read_validation(self, X, y, sample_weight) -> MultiViewDataset:
        y = self._read_y(y)
        check_consistent_length(X, y)
        targets, weight = self._encode_targets(y, read_sample_weight(sample_weight, len(y)))
        return MultiViewDataset(self._read_all(X), targets, weight, dtype=self.dtype_)

    def _learn_views(self, X, y: np.ndarray, weight: np.ndarray) -> None:
        for name in ("net_", "feature_names_in_", "widths_"):
            self.__dict__.pop(name, None)
        self.estimators_: dict[str, Any] = {}
        self.encoders_: dict[str, list] = {}
        validate_data(self, X, skip_check_array=True)
        self.columns_ = {
            name: table.find_columns(X, columns, name) for name, _, _, columns in self.views
        }
        self.fusion_ = self._choose_fusion()
        self.fusion_settings_ = {name: getattr(self, name) for name in _FUSION_SETTINGS}
        self._learn_targets(y, weight, None)
        self._forget_training()

    def _check_table(self, X):
        """Check that X has the columns seen in fit."""
        X = table.as_table(X)
        # A frame may have its columns in another order, and additional columns.
        if table.column_names(X) is None or "feature_names_in_" not in vars(self):
            validate_data(self, X, skip_check_array=True, reset=False)
        return X

    def _select(self, X) -> tuple[dict, np.ndarray]:
        """Return the columns of each view, and a mask of shape (n_samples, n_views) of them."""
        names_in = getattr(self, "feature_names_in_", None)
        names_in = None if names_in is None else list(names_in)
        parts = {n: table.select(X, columns, n, names_in) for n, columns in self.columns_.items()}
        present = ~np.column_stack([table.missing_rows(part) for part in parts.values()])
        present[:, [name in self._hidden for name in parts]] = False
        if not present.any(axis=1).all():
            row = present.any(axis=1).argmin()
            raise ValueError(
                f"row {row} of X has no view at all: Input X contains NaN, None or empty text in "
                "all columns of all views; drop it"
            )
        return parts, present

    def _views_to_fit(self, X) -> Iterator[tuple]:
        """Generate the name, encoder, network, data and mask of the samples of each view."""
        parts, present = self._select(X)
        for (name, encoder, network, _), here in zip(self.views, present.T, strict=True):
            with table.naming(name):
                if not here.any():
                    raise ValueError("it is missing in every row of X; remove it from views")
                if self.fusion_ != "ensemble":
                    split_network(network, self.fusion_)
                self._check_kind(network)
                yield name, encoder, network, table.take_rows(parts[name], here), here

    def _check_kind(self, network) -> None:
        has_same_kind = is_classifier if is_classifier(self) else is_regressor
        if not has_same_kind(network):
            kind = "classifier" if is_classifier(self) else "regressor"
            raise ValueError(
                f"{type(network).__name__} is not a {kind}; {type(self).__name__} needs one"
            )

    def _fit_separately(self, X, y, weight, groups, seed: int) -> None:
        """Fit the estimator of each view on the samples that have it."""
        is_seed = isinstance(self.random_state, Integral)
        random_state = self.random_state if is_seed else seed
        for name, encoder, network, data, here in self._views_to_fit(X):
            labels, weights, view_groups = (
                None if a is None else np.asarray(a)[here] for a in (y, weight, groups)
            )
            with table.naming(name):
                self.encoders_[name], data = table.fit_encoders([encoder], data, labels, network)
                self.estimators_[name] = fit_view(
                    network, data, labels, weights, view_groups, random_state
                )
        if self.fusion_ != "ensemble":
            self._learn_dtype()
            return
        epochs = [np.max(getattr(e, "n_iter_", 1)) for e in self.estimators_.values()]
        self.n_iter_ = int(max(epochs))

    def _encode_views(self, X) -> Iterator[tuple]:
        """Generate the name, encoded data and mask of the samples of each view."""
        parts, present = self._select(self._check_table(X))
        for (name, encoders), here in zip(self.encoders_.items(), present.T, strict=True):
            with table.naming(name):
                data = None
                if here.any():
                    rows = table.take_rows(parts[name], here)
                    data = table.encode(encoders, rows, self.estimators_[name])
                yield name, data, here

    def _average(self, X, predict: Callable) -> np.ndarray:
        """Average the predictions of the views that each sample has."""
        total, share = self._add_up(X, predict)
        return total / share.reshape(-1, *(1,) * (total.ndim - 1))

    def _add_up(self, X, predict: Callable, without: str | None = None) -> tuple[Any, Any]:
        """Add up the weighted predictions of the views that each sample has, and the weights."""
        check_is_fitted(self)
        total: Any = 0.0
        share: Any = 0.0
        for name, data, here in self._encode_views(X):
            if data is not None and name != without:
                with table.naming(name):
                    predicted = np.asarray(predict(self.estimators_[name], data))
                total = total + self._weight(name) * table.put_rows(predicted, here)
                share = share + self._weight(name) * here
        return total, share

    def _weight(self, name: str) -> float:
        """Weight of a view in the average of ``fusion="ensemble"``."""
        return 1.0 if self.weights is None else float(self.weights[list(self.columns_).index(name)])

    def _score_view(self, name: str, X) -> tuple[nn.Module, Callable]:
        """Return raw outputs as a function of one view, the others as in a single sample.

        Parameters
        ----------
        name : str
            The view, whose network reads channels.
        X : frame of shape (1, n_columns)
            The sample.

        Returns
        -------
        network : torch.nn.Module
            What the function runs, in evaluation mode.
        score : callable
            Takes a Tensor of shape (n, n_channels, length) and, optionally, a mask of shape
            (n, length) that is False at padding; returns (n, n_outputs).
        """
        if self.fusion_ == "ensemble":
            return self._score_view_alone(name, X)
        index, describe = list(self.columns_).index(name), None
        network = self.net_.module_.eval()
        if self.fusion_ == "concat":
            describe = branch_of(split_steps(self.estimators_[name])[1])
            network = nn.ModuleList([network, describe]).eval()
        arrays, _ = MultiViewDataset(self._read_all(X))[np.arange(1)]
        views, present, masks = self.net_._to_views(arrays)
        if not present[0, index]:
            raise ValueError(f"view {name!r} is missing in a sample, so that it has no positions")

        def score(x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
            given = [view.expand(len(x), *view.shape[1:]) for view in views]
            hidden = [None if m is None else m.expand(len(x), -1) for m in masks]
            given[index], hidden[index] = x, mask
            if describe is not None:
                given[index], hidden[index] = describe(x, mask), None
            return self.net_.module_(given, present.expand(len(x), -1), hidden)

        return network, score

    def _score_view_alone(self, name: str, X) -> tuple[nn.Module, Callable]:
        """Return raw outputs of the average with fixed predictions of the other views."""
        estimator = split_steps(self.estimators_[name])[1]
        weights = [self._weight(name)]
        total, share = self._add_up(X, self._predict_view, without=name)
        others = None
        if np.any(share):
            others = torch.as_tensor(self._as_scores(total / share.reshape(-1, 1)))
            weights.append(float(share[0]))
        mix = self._make_mixture(estimator, weights)

        def score(x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
            raws = [estimator.net_.score_channels(x, mask)]
            if others is not None:
                raws.append(others.to(raws[0]).expand(len(x), -1))
            return mix(raws)

        return estimator.network_.eval(), score

    def _make_mixture(self, estimator, weights: list[float]) -> Callable:
        """Mix raw outputs of the estimator of one view with those of all others together.

        Parameters
        ----------
        estimator : SequenceEstimator
            Estimator of the view.
        weights : list of float
            Weight of the view, and that of the others unless there are none.

        Returns
        -------
        callable
            Takes a list of Tensors of shape (n, n_outputs), and returns one.
        """
        raise NotImplementedError

    def _predict_view(self, estimator, data) -> np.ndarray:
        """Predict by the estimator of one view, as is averaged."""
        raise NotImplementedError

    def _as_scores(self, predictions: np.ndarray) -> np.ndarray:
        """Turn averaged predictions into raw outputs."""
        raise NotImplementedError

    def _compute_features(self, X) -> ViewArrays:
        """Compute the features of each view with its own fitted network."""
        arrays: list[np.ndarray] = []
        present = []
        for name, data, here in self._encode_views(X):
            if data is None:
                width = self.widths_[len(arrays)]
                features = np.zeros((0, width), dtype=self.dtype_)
            else:
                with table.naming(name):
                    features = compute_features(self.estimators_[name], data)
            arrays.append(table.put_rows(features.astype(self.dtype_, copy=False), here))
            present.append(here)
        return ViewArrays(arrays, np.column_stack(present))

    def _learn_branches(self, X, y, weight, seed: int) -> ViewArrays:
        """Read all views in fit, and learn the sizes that the branches are built from."""
        arrays, present = [], []
        for name, encoder, network, data, here in self._views_to_fit(X):
            transformers, last = split_network(network, self.fusion_)
            self.estimators_[name] = estimator = clone(last)
            with table.naming(name):
                encoders = [encoder, *transformers]
                self.encoders_[name], data = table.fit_encoders(encoders, data, y[here], last)
                view = learn_branch(estimator, data, y, weight, here, self.n_outputs_, seed)
            if estimator.n_channels_ == 1 and view.dtype.kind == "f":
                _warn_of_scale(name, view[here])
            arrays.append(view)
            present.append(here)
        self._learn_dtype()
        for estimator in self.estimators_.values():
            estimator.dtype_ = self.dtype_
        return ViewArrays(arrays, np.column_stack(present))

    def _learn_dtype(self) -> None:
        kinds = {split_steps(estimator)[1].dtype_ for estimator in self.estimators_.values()}
        self.dtype_ = "float64" if kinds == {"float64"} else "float32"

    def _read_branches(self, X) -> ViewArrays:
        """Read all views for the branches of the network, as in fit."""
        parts, present = self._select(self._check_table(X))
        arrays = []
        for (name, estimator), here in zip(self.estimators_.items(), present.T, strict=True):
            with table.naming(name):
                arrays.append(read_branch(estimator, self.encoders_[name], parts[name], here))
        return ViewArrays(arrays, present)

    def _read_all(self, X) -> ViewArrays:
        """Read the input of the network."""
        return self._compute_features(X) if self.fusion_ == "concat" else self._read_branches(X)

    def _predict_scores(self, X) -> np.ndarray:
        check_is_fitted(self)
        return self._refuse_diverged(self.net_.predict_scores(self._read_all(X)))

    def view_weights(self, X) -> pd.DataFrame:
        """Compute the weight of each view in each sample.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_columns)
            Columns of all views, as in :meth:`fit`.

        Returns
        -------
        DataFrame of shape (n_samples, n_views)
            Weights that sum to one, 0 for a missing view: attention weights, or the weights of the
            average for ``fusion="ensemble"``.

        Raises
        ------
        ValueError
            If the fusion has no such weights.
        """
        check_is_fitted(self)
        if self.fusion_ == "attention":
            weights = self.net_.view_weights(self._read_branches(X))
        elif self.fusion_ == "ensemble" or len(self.columns_) == 1:
            weights = self._select(self._check_table(X))[1] * np.asarray(
                1.0 if self.weights is None else self.weights
            )
            weights = weights / weights.sum(axis=1, keepdims=True)
        else:
            raise ValueError(
                f"fusion={self.fusion!r} has no view weights; use fusion='attention', or "
                "skgenomics.multiview.ablate_views"
            )
        return pd.DataFrame(weights, columns=list(self.columns_), index=getattr(X, "index", None))

    def _make_net(self, device: str) -> MultiViewNet:
        if self.fusion_ == "concat":
            branches: list[nn.Module] = [Given(width) for width in self.widths_]
            n_channels, masked = [None] * len(branches), [False] * len(branches)
        else:
            estimators = self.estimators_.values()
            is_alone = len(estimators) == 1
            branches = [
                build_branch(estimator, device, is_alone=is_alone) for estimator in estimators
            ]
            n_channels = [estimator.n_channels_ for estimator in estimators]
            masked = [estimator.has_padding_ for estimator in estimators]
        module: nn.Module = branches[0]
        if len(branches) > 1:
            settings = self.fusion_settings_ | {"attention": self.fusion_ == "attention"}
            module = FusionNetwork(branches, self.n_outputs_, **settings)
        module = module.to(getattr(torch, self.dtype_))
        net = MultiViewNet(
            module, n_channels=n_channels, masked=masked, device=device, verbose=self.verbose
        )
        return net.initialize()

    def _initialize_net(self, dataset, seed: int) -> None:
        if self.fusion_ != "concat":
            initialize_branches(self.net_, self.estimators_)

    def _prepare_training(self, dataset, learning_rate: float) -> None:
        net, estimators = self.net_, self.estimators_.values()
        net.view_dropout = self.view_dropout if len(estimators) > 1 else 0.0
        is_concat = self.fusion_ == "concat"
        net.augmentation = [None if is_concat else e._make_augmenter() for e in estimators]
        self._prepare_net(self._make_loss(), learning_rate)

    @contextlib.contextmanager
    def _frozen(self) -> Iterator[list]:
        with contextlib.ExitStack() as stack:
            is_concat = self.fusion_ == "concat"
            yield [] if is_concat else freeze_branches(stack, self.net_, self.estimators_)

    def __sklearn_is_fitted__(self) -> bool:
        is_ensemble = getattr(self, "fusion_", None) == "ensemble"
        return "net_" in vars(self) or (is_ensemble and len(self.estimators_) == len(self.columns_))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags
