"""Estimators around a torch module of the user's own."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from torch import nn

from skgenomics._utils.validation import check_choice
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._imported import (
    import_network,
    probe_module,
    refuse_shape,
    sort_classes,
    template_input,
)
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.estimators._training import check_accepted
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks.cnn import CNN
from skgenomics.sequences import is_text

# Arguments that are passed on to a network only if it names them.
_SIZES = {"n_channels", "length", "n_outputs", "image_size"}


@dataclass(kw_only=True, eq=False, repr=False)
class OwnNetwork:
    """Hyperparameters of an estimator around a network of the user's own."""

    _reads_images: ClassVar[bool] = True

    network: Callable[..., nn.Module] | nn.Module = field(default=CNN, kw_only=False)
    network_params: dict[str, Any] | None = None

    def _network(self):
        return self._build_network

    @property
    def _has_extra_inputs(self) -> bool:
        return len(getattr(self, "input_names_", ())) > 1

    def _read_training(self, X, *args, **settings):
        return super()._read_training(_to_frame(X), *args, **settings)  # type: ignore[misc]

    def _read_samples(self, X, *, reset: bool):
        X = _to_frame(X)
        names = list(X.columns) if _holds_inputs(X) else []
        if reset:
            self.input_names_ = names
        wanted = getattr(self, "input_names_", [])
        if sorted(map(str, names)) != sorted(map(str, wanted)):
            given = f"the inputs {names}" if names else f"{type(X).__name__} of sequences alone"
            fitted = f"the inputs {wanted}" if wanted else "sequences alone"
            raise ValueError(
                f"{type(self).__name__} was fitted on {fitted}, but X is {given}; give X as in fit"
            )
        # Never ragged: further inputs are stored by row beside padded codes.
        read = self._read if names else super()._read_samples  # type: ignore[attr-defined,misc]
        return read(_stack(X[wanted[0]]) if names else X, reset=reset)

    def _read_extra_inputs(self, X) -> dict[str, np.ndarray]:
        if not self._has_extra_inputs:
            return {}
        X, names = _to_frame(X), self.input_names_[1:]
        return {name: _read_numbers(name, X[name], self.dtype_) for name in names}  # type: ignore

    def _network_params(self):
        params = dict(self.network_params or {})
        return params | {"complement": self.complement_} if self.strands_ == "tied" else params

    def _can_tie_strands(self) -> bool:
        own = self.network
        return (
            isinstance(own, type)
            and issubclass(own, SequenceNetwork)
            and own.trunk_class.can_tie_strands
        )

    def _chosen_settings(self) -> set[str]:
        return set(self.network_params or {})

    def _build_network(self, **settings) -> nn.Module:
        if isinstance(self.network, nn.Module):
            self._check_inputs(self.network)
            return copy.deepcopy(self.network)
        if not callable(self.network):
            raise ValueError(
                f"network must be a torch module, or what builds one, got {self.network!r}"
            )
        named = inspect.signature(self.network).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in named.values())
        check_accepted(self.network, settings.keys() - _SIZES, "network_params")
        network = self.network(
            **{k: v for k, v in settings.items() if k not in _SIZES or takes_all or k in named}
        )
        self._check_inputs(network)
        return network

    def _check_inputs(self, network: nn.Module) -> None:
        """Raise a ValueError if the module takes no input of a name in X."""
        named = inspect.signature(network.forward).parameters
        if any(p.kind is p.VAR_KEYWORD for p in named.values()):
            return
        unknown = [name for name in getattr(self, "input_names_", ())[1:] if name not in named]
        if unknown:
            raise ValueError(
                f"X has the input {unknown[0]!r}, but forward of {type(network).__name__} takes "
                f"{', '.join(named)}; name the inputs of X behind the sequences as it does"
            )


def _to_frame(X) -> Any:
    """Convert a dict of inputs to a frame, with an array of each sample in a cell if need be."""
    # Sparse matrices by keys are mappings, too.
    if not isinstance(X, Mapping) or hasattr(X, "columns") or issparse(X):
        return X
    columns = {}
    for name, values in X.items():
        is_string_list = is_text(values) and np.ndim(values) == 1
        values = values if is_string_list or hasattr(values, "iloc") else np.asarray(values)
        columns[name] = list(values) if np.ndim(values) > 1 else np.asarray(values)
    sizes = {name: len(values) for name, values in columns.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"the inputs in X differ in their number of samples: {sizes}")
    return pd.DataFrame(columns)


def _holds_inputs(X) -> bool:
    """Tell if X is a frame of sequences and further inputs, and not a table or text alone."""
    if not isinstance(X, pd.DataFrame) or X.shape[1] < 2:
        return False
    first = X.iloc[:, 0]
    return is_text(first) or (len(first) > 0 and isinstance(first.iloc[0], np.ndarray))


def _stack(column: pd.Series) -> Any:
    """Return text as it is, and the arrays of samples as one array."""
    if len(column) and isinstance(column.iloc[0], np.ndarray):
        return np.stack(column.tolist())
    return column


def _read_numbers(name, column: pd.Series, dtype: str) -> np.ndarray:
    values = np.asarray(_stack(column))
    if values.dtype.kind not in "biuf":
        raise ValueError(
            f"the input {name!r} holds {values.dtype} values, but a module takes numbers; encode "
            "them first, such as by sklearn.preprocessing.OrdinalEncoder"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"the input {name!r} holds NaN or infinity; fill in such values first")
    return values.astype(dtype if values.dtype.kind == "f" else np.int64)


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class SequenceClassifier(OwnNetwork, ClassifierTargets, SequenceEstimator):
    """A torch module of your own as a classifier of sequences or images.

    X may also have four axes: images with `n_channels` channels in the second or the last one, such
    as the pileups of DeepVariant [1]_, as bytes or floats. They are not augmented, and the network
    takes a tensor of shape (batch, n_channels, height, width), such as
    :class:`skgenomics.networks.ImageCNN` does. Making images, such as pileups of a BAM file, and
    their attribution are out of scope.

    Parameters
    ----------
    {network}
    {classifier}
    {input}
    {training}

    Attributes
    ----------
    {fitted classifier}
    input_names_ : list of str
        Names of the inputs of the module in X, that of the sequences first; empty if X holds
        sequences alone.
    {fitted}

    See Also
    --------
    CNNClassifier : A network that is there already.
    skgenomics.networks.ImageCNN : A network for images.

    Notes
    -----
    A module that reads further inputs gets them by name: X is a DataFrame whose first column holds
    the sequences, the first argument of ``forward``, and whose other columns are named as the
    further arguments; or a dict of text and arrays, which may have several values for each sample.
    Floats keep the type of the network, integers become int64. Cross-validation splits frames, not
    dicts; a column of a frame may hold an array of each sample.

    References
    ----------
    .. [1] Poplin et al., A universal SNP and small-indel variant caller using deep neural networks,
       Nature Biotechnology 36, 2018.

    Examples
    --------
    >>> from torch import nn
    >>> from skgenomics import SequenceClassifier
    >>> class Linear(nn.Sequential):
    ...     def __init__(self, n_channels, length, n_outputs):
    ...         super().__init__(nn.Flatten(), nn.Linear(n_channels * length, n_outputs))
    >>> X, y = ["ACGT", "ACGA", "TTGT", "TTGA"] * 8, [0, 0, 1, 1] * 8
    >>> SequenceClassifier(network=Linear, random_state=0).fit(X, y).score(X, y)
    1.0
    """

    @classmethod
    def from_module(
        cls,
        module: nn.Module,
        *,
        classes: Sequence | None = None,
        task_names: Sequence | None = None,
        length: int,
        alphabet: str = "ACGT",
        n_channels: int | None = None,
        input_symbols: str | None = None,
        layout: str = "NCL",
        output: str = "scores",
        **params,
    ) -> Self:
        """Make a fitted classifier of a torch module that was trained elsewhere.

        Parameters
        ----------
        module : torch.nn.Module
            Trained module. Its parameters are copied.
        classes : sequence or None, default=None
            Labels of the classes, in the order of the outputs of the module. Two classes may have
            a single output: the log-odds of the second one.
        task_names : sequence or None, default=None
            Names of the tasks of a multi-label module, in the order of its outputs, instead of
            `classes`.
        length : int
            Number of positions of a sequence.
        alphabet : str, default="ACGT"
            "dna", "rna", "protein" or the symbols themselves.
        n_channels : int or None, default=None
            Number of channels of a position, for input that is not one-hot.
        input_symbols : str or None, default=None
            Symbols in the order of the input channels of the module, such as "AGCT"; None for the
            order of `alphabet`.
        layout : {"NCL", "NLC", "NC1L"}, default="NCL"
            Axes of the input of the module: sequences (N), channels (C), positions (L), and one of
            size 1.
        output : {"scores", "probabilities"}, default="scores"
            Scale of the output of the module: logits or log-odds; or probabilities, which are
            converted to these.
        **params
            Further hyperparameters of the estimator, such as `batch_size` or those of training.

        Returns
        -------
        estimator : SequenceClassifier
            Fitted estimator. Its `fit` and `partial_fit` train the module further.

        Raises
        ------
        ValueError
            If the module cannot read such sequences, its output has another shape than promised
            (naming both), or an argument is invalid.

        Notes
        -----
        `decision_function` is what the module gives, bit by bit, if its output is scores in the
        order of the sorted classes.

        Examples
        --------
        >>> from torch import nn
        >>> from skgenomics import SequenceClassifier
        >>> module = nn.Sequential(nn.Conv1d(4, 2, 5), nn.AdaptiveMaxPool1d(1), nn.Flatten())
        >>> classifier = SequenceClassifier.from_module(module, classes=["no", "yes"], length=20)
        >>> classifier.predict_proba(["ACGTACGTACGTACGTACGT"]).shape
        (1, 2)
        """
        if (classes is None) == (task_names is None):
            raise ValueError("give either `classes`, or `task_names` for a multi-label module")
        check_choice("output", output, ("scores", "probabilities"))
        form: dict[str, Any] = {
            "length": length,
            "alphabet": alphabet,
            "n_channels": n_channels,
        }
        network = import_network(
            module,
            **form,
            input_symbols=input_symbols,
            layout=layout,
            output=output,
            is_exclusive=classes is not None,
        )
        found = probe_module(network, **form)
        y: Any
        if classes is None:
            names = list(task_names or ())
            y = pd.DataFrame(np.zeros((1, len(names))), columns=names)
            if len(names) < 2 or found != ((len(names),),):
                raise refuse_shape(
                    network, found, f"{len(names)} tasks need (n, {len(names)}), of two at least"
                )
        else:
            y, order = sort_classes(classes)
            n = len(y)
            is_single = n == 2 and found in (((),), ((1,),))
            if not is_single and found != ((n,),):
                single = " or (n, 1)" if n == 2 else ""
                raise refuse_shape(network, found, f"{n} classes need (n, {n}){single}")
            if n == 2:
                params["two_scores"] = not is_single
            if is_single:
                network.negated = order == [1, 0]
            elif order != sorted(order):
                network.order = order
        params = {"reverse_complement": None} | params
        estimator = cls(network=network, **form, **params)
        return estimator._adopt_network(template_input(len(y), **form), y)


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class SequenceRegressor(OwnNetwork, RegressorTargets, SequenceEstimator):
    """A torch module of your own as a regressor on sequences, or images of four axes.

    Parameters
    ----------
    {network}
    {regressor}
    {input}
    {training}

    Attributes
    ----------
    {fitted regressor}
    input_names_ : list of str
        Names of the inputs of the module in X, that of the sequences first; empty if X holds
        sequences alone.
    {fitted}

    See Also
    --------
    CNNRegressor : A network that is there already.

    Notes
    -----
    A module that reads further inputs gets them by name: X is a DataFrame whose first column holds
    the sequences, the first argument of ``forward``, and whose other columns are named as the
    further arguments; or a dict of text and arrays, which may have several values for each sample.
    Floats keep the type of the network, integers become int64. Cross-validation splits frames, not
    dicts; a column of a frame may hold an array of each sample.

    Examples
    --------
    >>> from skgenomics import SequenceRegressor
    >>> from skgenomics.networks import CNN
    >>> X, y = ["ACGT", "ACGA", "TTGT", "TTGA"] * 8, [0.0, 0.1, 1.0, 1.1] * 8
    >>> regressor = SequenceRegressor(network=CNN, network_params={"kernel_size": 3}, max_iter=5)
    >>> regressor.fit(X, y).predict(X).shape
    (32,)
    """

    @classmethod
    def from_module(
        cls,
        module: nn.Module,
        *,
        target_names: Sequence | None = None,
        length: int,
        alphabet: str = "ACGT",
        n_channels: int | None = None,
        input_symbols: str | None = None,
        layout: str = "NCL",
        **params,
    ) -> Self:
        """Make a fitted regressor of a torch module that was trained elsewhere.

        Parameters
        ----------
        module : torch.nn.Module
            Trained module. Its parameters are copied.
        target_names : sequence or None, default=None
            Names of the targets, in the order of the outputs of the module; None to number them.
        length : int
            Number of positions of a sequence.
        alphabet : str, default="ACGT"
            "dna", "rna", "protein" or the symbols themselves.
        n_channels : int or None, default=None
            Number of channels of a position, for input that is not one-hot.
        input_symbols : str or None, default=None
            Symbols in the order of the input channels of the module, such as "AGCT"; None for the
            order of `alphabet`.
        layout : {"NCL", "NLC", "NC1L"}, default="NCL"
            Axes of the input of the module: sequences (N), channels (C), positions (L), and one of
            size 1.
        **params
            Further hyperparameters of the estimator, such as `batch_size`. With
            ``loss="poisson"`` the output of the module is the logarithm of expected counts.

        Returns
        -------
        estimator : SequenceRegressor
            Fitted estimator. Its `fit` and `partial_fit` train the module further.

        Raises
        ------
        ValueError
            If the module cannot read such sequences, its output has another shape than promised
            (naming both), or an argument is invalid.

        Examples
        --------
        >>> from torch import nn
        >>> from skgenomics import SequenceRegressor
        >>> module = nn.Sequential(nn.Conv1d(4, 1, 5), nn.AdaptiveMaxPool1d(1), nn.Flatten())
        >>> regressor = SequenceRegressor.from_module(module, length=20)
        >>> regressor.predict(["ACGTACGTACGTACGTACGT"]).shape
        (1,)
        """
        form: dict[str, Any] = {
            "length": length,
            "alphabet": alphabet,
            "n_channels": n_channels,
        }
        network = import_network(module, **form, input_symbols=input_symbols, layout=layout)
        found = probe_module(network, **form)
        n = None if target_names is None else len(target_names)
        is_table = len(found) == 1 and len(found[0]) == 1 and found[0][0] > 0
        n_found = found[0][0] if is_table else 1
        if not (is_table or found == ((),)) or n not in (None, n_found):
            promised = "one or more targets need (n, n_targets)"
            if n is not None:
                promised = "1 target needs (n, 1)" if n == 1 else f"{n} targets need (n, {n})"
            raise refuse_shape(network, found, promised)
        y: Any = np.zeros(1)
        if n_found > 1:
            y = pd.DataFrame(np.zeros((1, n_found)), columns=target_names)
        params = {"reverse_complement": None} | params
        estimator = cls(network=network, **form, **params)
        return estimator._adopt_network(template_input(1, **form), y)
