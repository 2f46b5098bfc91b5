"""Export fitted estimators as graphs that run without this package: ONNX and torch programs."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics._outputs import (
    ClassOutputs,
    LabelOutputs,
    MultiTaskOutputs,
    Outputs,
    PairOutputs,
    ProfileOutputs,
    TaskOutputs,
    ValueOutputs,
    describe_outputs,
)
from skgenomics._utils.files import check_writable, replace_file
from skgenomics._utils.pipelines import split_steps
from skgenomics._utils.validation import check_choice
from skgenomics.encoding import OneHotEncoder, OrdinalEncoder
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.multiview._base import MultiViewEstimator
from skgenomics.sequences import get_alphabet
from skgenomics.training.batches import to_channels
from skgenomics.uncertainty import DeepEnsembleClassifier, DeepEnsembleRegressor

_SUFFIXES = (".onnx", ".pt2")
_METADATA = "skgenomics"
_RECORDED = ("skgenomics", "torch")
# Encoders that only change the format of sequences, which the graph reads as one-hot or codes.
_ENCODERS = (OneHotEncoder, OrdinalEncoder)
_ENSEMBLES = (DeepEnsembleClassifier, DeepEnsembleRegressor, VotingClassifier, VotingRegressor)
# Recurrent operators, whose default tracing unrolls all positions.
_RECURRENT = (torch.ops.aten.lstm.input, torch.ops.aten.gru.input)


def export(estimator, path: str | Path, *, input_format: str = "one_hot") -> None:
    """Export a fitted estimator as an ONNX model or as a program of torch.

    The graph contains all that `predict_proba` of a classifier, or `predict` of a regressor, does
    to a batch: the network, the average over both strands, the final sigmoid or softmax, and the
    units of y. It runs without this package, for any batch size and the length of fit.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator of sequences; or a pipeline, search, deep ensemble or voting
        ensemble of such, whose encoder is :class:`~skgenomics.OneHotEncoder` or
        :class:`~skgenomics.OrdinalEncoder`.
    path : str or Path
        File to write: ".onnx" for ONNX, which needs ``pip install "skgenomics[export]"``; ".pt2"
        for :func:`torch.export.load`. An existing file is replaced when all is written, and kept
        if that fails.
    input_format : {"one_hot", "codes"}, default="one_hot"
        Format of sequences: float of shape (batch, n_symbols, length), or uint8 of shape (batch,
        length), where ``n_symbols`` stands for an unknown base or padding.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    ValueError
        If the estimator has steps that no graph can hold, ONNX lacks an operator of the network,
        the network branches on values of a batch, or the suffix is unknown.
    ImportError
        If a package that ONNX needs is missing.
    OSError
        If the file cannot be written.

    See Also
    --------
    save : Save an estimator for Python, with all of its methods.

    Notes
    -----
    The entry "skgenomics" of the metadata is JSON text: inputs with their symbols and shapes,
    outputs with the names of classes, tasks or tracks, the class of the estimator, and the versions
    of packages. It is in the metadata properties of an ONNX model, and in the extra file
    ``skgenomics.json`` of a program of torch.

    Sequences that are shorter than the length are padded at their end with zeros, or with the code
    of an unknown base. Models that were fitted on sequences of unequal length have a second input
    `mask`, of shape (batch, length), which is False at padding.

    Outputs along a sequence have the axes (batch, position, label) or (batch, bin, track), those of
    pairs (batch, bin, bin, track), and no meaning at padding. ONNX models compute in single
    precision, and multiply values of regressors by their units in double precision.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> import torch
    >>> from skgenomics import CNNClassifier, OneHotEncoder, export
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 4
    >>> model = CNNClassifier(max_iter=1, random_state=0).fit(X, [1, 1, 0, 0] * 4)
    >>> extra = {"skgenomics.json": ""}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "model.pt2"
    ...     export(model, path)
    ...     program = torch.export.load(path, extra_files=extra).module()
    >>> json.loads(extra["skgenomics.json"])["inputs"][0]["symbols"]
    'ACGT'
    >>> x = torch.from_numpy(OneHotEncoder().fit_transform(X)).reshape(-1, 12, 4).transpose(1, 2)
    >>> bool(abs(program(x)[0].detach().numpy() - model.predict_proba(X)).max() < 1e-6)
    True
    """
    suffix = Path(path).suffix.lower()
    check_choice("the suffix of path", suffix, _SUFFIXES)
    check_choice("input_format", input_format, ("one_hot", "codes"))
    check_writable(path)
    if suffix == ".onnx":
        _check_onnx()
    graph = _make_graph(estimator, input_format, single=suffix == ".onnx")
    metadata = json.dumps(_describe(estimator, graph), indent=2)
    with _quiet():
        program = _trace(graph)
        if suffix == ".pt2":
            with replace_file(path) as new:
                torch.export.save(program, new, extra_files={f"{_METADATA}.json": metadata})
            return
        model = _to_onnx(program, graph)
        model.model.metadata_props[_METADATA] = metadata
        with replace_file(path) as new:
            model.save(new)


@dataclass
class _Graph:
    """A module to trace, with example inputs.

    Attributes
    ----------
    module : torch.nn.Module
        Takes the inputs in their order, and returns a tuple of outputs.
    inputs : dict of str to Tensor
        Example inputs of two samples, by their names.
    outputs : list of str
        Names of the outputs.
    described : dict
        Description of inputs and outputs, as plain values.
    """

    module: nn.Module
    inputs: dict[str, torch.Tensor]
    outputs: list[str]
    described: dict[str, Any] = field(default_factory=dict)


class _Predictor(nn.Module):
    """The network of one estimator with its final activations."""

    def __init__(
        self, net: Any, read: Callable, score: Callable, predict: Callable, has_mask: bool
    ):
        super().__init__()
        # Registered so that tracing finds the parameters; the net computes with the same module.
        self.network = net.module_
        self.read, self.score, self.predict = read, score, predict
        self.has_mask = has_mask

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        data = self.read(*inputs)
        return tuple(self.predict(self.score(*data), data[1] if self.has_mask else None))


class _Mean(nn.Module):
    """Weighted mean of the predictions of the members of an ensemble."""

    def __init__(self, members: list[nn.Module], weights: list[float]):
        super().__init__()
        self.members = nn.ModuleList(members)
        self.weights = weights

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        predictions = [member(*inputs) for member in self.members]
        return tuple(
            sum(weight * part for weight, part in zip(self.weights, parts, strict=True))
            for parts in zip(*predictions, strict=True)
        )


def _make_graph(estimator, input_format: str, *, single: bool) -> _Graph:
    """Make the graph of an estimator; `single` converts parameters to single precision."""
    steps, last = split_steps(estimator)
    check_is_fitted(last)
    _check_steps(steps)
    symbols = next((get_alphabet(step.alphabet).symbols for step in steps), None)
    if isinstance(last, _ENSEMBLES):
        return _make_ensemble(last, input_format, symbols, single)
    last = _copy_for_inference(last, single)
    if isinstance(last, SequenceEstimator):
        return _make_sequence_graph(last, input_format, symbols)
    return _make_multiview_graph(last, input_format)


def _check_steps(steps: list) -> None:
    for step in steps:
        if not isinstance(step, _ENCODERS):
            raise ValueError(
                f"{type(step).__name__} computes what no graph of a network can hold; a pipeline "
                "can be exported if its only encoder is OneHotEncoder or OrdinalEncoder. Or export "
                "its last step, whose graph reads the output of the steps before it"
            )


def _copy_for_inference(estimator, single: bool):
    """Copy a fitted estimator with its network on the CPU, in evaluation mode."""
    net = getattr(estimator, "net_", None)
    if not isinstance(estimator, SequenceEstimator | MultiViewEstimator) or net is None:
        raise ValueError(
            f"{type(estimator).__name__} cannot be exported: it is not a deep estimator of "
            "sequences with one network for classes or values. Export the estimators that it is "
            "made of one by one, or its module `network_` by torch.export"
        )
    if getattr(estimator, "fusion_", None) == "concat":
        raise ValueError(
            "fusion='concat' trains a network for each view first, so that there is no single "
            "graph; fit with fusion='attention' or 'joint', or export the members of estimators_"
        )
    copied = copy.copy(estimator)
    copied.device = "cpu"
    if single and copied.dtype_ != "float32":
        copied.dtype_ = "float32"
        if isinstance(copied, MultiViewEstimator):
            copied.estimators_ = {k: copy.copy(e) for k, e in copied.estimators_.items()}
            for branch in copied.estimators_.values():
                branch.dtype_ = "float32"
    copied._rebuild_net(net.weights())
    copied.net_.module_.eval().requires_grad_(False)
    return copied


def _make_sequence_graph(estimator, input_format: str, symbols: str | None) -> _Graph:
    name, example, reads, described = _sequence_input(estimator, input_format, symbols)
    inputs, entries = {name: example}, [described]
    extra = _mask_input(estimator, "mask") | _extra_inputs(estimator)
    inputs |= {key: values for key, (values, _) in extra.items()}
    entries += [entry for _, entry in extra.values()]

    def read(x, *more):
        return (reads(x), *more)

    def score(x, *more):
        given = dict(zip(extra, more, strict=True))
        mask = given.pop("mask", None)
        if not torch.is_floating_point(x):
            return estimator.net_._score(x, mask, **given)
        return estimator.net_.score_channels(x, mask, **given)

    return _finish(estimator, inputs, entries, read, score)


def _sequence_input(estimator, input_format: str, symbols: str | None, prefix: str = ""):
    """Return the name, an example, a function to the input of the network, and a description."""
    n_channels, length = estimator.n_channels_, estimator.length_
    dtype = getattr(torch, estimator.dtype_)
    kind = estimator.input_form_
    if kind == "tokens":
        x = torch.ones(2, length, dtype=torch.int32)
        entry = {"shape": ["batch", length], "kind": "token ids, 0 for padding"}
        return _entry(prefix or "tokens", x, lambda x: x.int(), entry)
    if kind == "table":
        x = torch.zeros(2, length, dtype=dtype)
        entry = {"shape": ["batch", length], "kind": "columns of a table"}
        return _entry(prefix or "table", x, lambda x: x.unsqueeze(1), entry)
    if kind == "images":
        shape = n_channels, *estimator.image_size_
        entry = {"shape": ["batch", *shape], "kind": "images"}
        return _entry(prefix or "images", torch.zeros(2, *shape, dtype=dtype), lambda x: x, entry)
    if not estimator.is_sequence_ or estimator.n_channels is not None:
        x = _example(n_channels, length, dtype)
        entry = {"shape": ["batch", n_channels, length], "kind": "channels by position"}
        return _entry(prefix or "channels", x, lambda x: x, entry)
    symbols = symbols or get_alphabet(estimator.alphabet).symbols
    entry = {"symbols": symbols, "length": length}
    if input_format == "codes":
        x = torch.zeros(2, length, dtype=torch.uint8)
        entry |= {"shape": ["batch", length], "kind": f"codes, {n_channels} for unknown or padding"}
        return _entry(prefix or "sequence", x, lambda x: to_channels(x, n_channels, dtype), entry)
    entry |= {"shape": ["batch", n_channels, length], "kind": "one-hot, zeros for padding"}
    return _entry(prefix or "sequence", _example(n_channels, length, dtype), lambda x: x, entry)


def _entry(name: str, example: torch.Tensor, read: Callable, described: dict) -> tuple:
    described = {"name": name, "dtype": str(example.dtype).removeprefix("torch."), **described}
    return name, example, read, described


def _example(n_channels: int, length: int, dtype: torch.dtype) -> torch.Tensor:
    x = torch.zeros(2, n_channels, length, dtype=dtype)
    x[:, 0] = 1
    return x


def _mask_input(estimator, name: str) -> dict[str, tuple[torch.Tensor, dict]]:
    """Describe the mask of padding, which models of sequences of unequal length read."""
    if estimator.input_form_ == "tokens" or not estimator.has_padding_:
        return {}
    entry = {
        "name": name,
        "dtype": "bool",
        "shape": ["batch", estimator.length_],
        "kind": "False at padding",
    }
    return {name: (torch.ones(2, estimator.length_, dtype=torch.bool), entry)}


def _extra_inputs(estimator) -> dict[str, tuple[torch.Tensor, dict]]:
    """Return the inputs beside the sequence: indices of the categories of conditions."""
    categories = getattr(estimator, "categories_", None)
    if not estimator._has_extra_inputs:
        return {}
    if categories is None:
        raise ValueError(
            f"{type(estimator).__name__} reads inputs of a module of your own beside the sequence; "
            "export `estimator.network_` by torch.export"
        )
    entry = {
        "name": "conditions",
        "dtype": "int64",
        "shape": ["batch", len(categories)],
        "kind": "index of the category of each condition",
        "categories": {str(name): _plain(known) for name, known in categories.items()},
    }
    return {"conditions": (torch.zeros(2, len(categories), dtype=torch.int64), entry)}


def _make_multiview_graph(estimator, input_format: str) -> _Graph:
    inputs, entries, readers = {}, [], []
    for name, branch in estimator.estimators_.items():
        encoders = estimator.encoders_[name]
        try:
            _check_steps(encoders)
        except ValueError as error:
            raise ValueError(f"view {name!r}: {error}") from None
        symbols = next((get_alphabet(step.alphabet).symbols for step in encoders), None)
        last = split_steps(branch)[1]
        if last.input_form_ != "tokens" and last.has_padding_:
            raise ValueError(
                f"view {name!r} has sequences of unequal length, whose padding the graph of "
                "several views cannot tell; set `length` and fit on sequences of one length"
            )
        parts = _sequence_input(last, input_format, symbols, prefix=str(name))
        inputs[parts[0]] = parts[1]
        readers.append(parts[2])
        entries.append(parts[3])
    n_views = len(readers)
    inputs["present"] = torch.ones(2, n_views, dtype=torch.bool)
    entries.append(
        {
            "name": "present",
            "dtype": "bool",
            "shape": ["batch", n_views],
            "kind": "True where a sample has the view",
        }
    )

    def read(*given):
        *views, present = given
        return [reads(x) for reads, x in zip(readers, views, strict=True)], present

    return _finish(
        estimator, inputs, entries, read, lambda views, present: estimator.network_(views, present)
    )


def _finish(estimator, inputs: dict, entries: list, read: Callable, score: Callable) -> _Graph:
    outputs = describe_outputs(estimator)
    described = _describe_predictions(outputs)
    crf = getattr(estimator.network_, "crf", None)

    def predict(raw, mask):
        if crf is None:
            return _predictions(outputs, raw)
        # Positions at both ends have no labels, and padding stands behind those that have.
        is_label = None if mask is None else mask[:, 2 * estimator.network_.crop :]
        return [crf.marginals(raw, is_label).transpose(1, 2)]

    module = _Predictor(estimator.net_, read, score, predict, "mask" in inputs)
    names = [entry["name"] for entry in described]
    return _Graph(module.eval(), inputs, names, {"inputs": entries, "outputs": described})


def _make_ensemble(ensemble, input_format: str, symbols: str | None, single: bool) -> _Graph:
    if isinstance(ensemble, VotingClassifier) and ensemble.voting != "soft":
        raise ValueError("voting='hard' counts votes, which no graph holds; set voting='soft'")
    graphs = [_make_graph(e, input_format, single=single) for e in ensemble.estimators_]
    first = graphs[0]
    shapes = [{k: (x.dtype, x.shape) for k, x in graph.inputs.items()} for graph in graphs]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError(
            f"members of {type(ensemble).__name__} read inputs of different formats; export them "
            "one by one"
        )
    weights = np.ones(len(graphs)) / len(graphs)
    given = getattr(ensemble, "weights", None)
    if given is not None:
        weights = np.asarray(given, float) / np.sum(given)
    module = _Mean([graph.module for graph in graphs], weights.tolist())
    described = copy.deepcopy(first.described)
    if symbols is not None:
        described["inputs"][0]["symbols"] = symbols
    if isinstance(ensemble, VotingClassifier):
        # Members of scikit-learn's ensemble are fitted on the indices of the classes.
        described["outputs"][0]["names"] = _plain(ensemble.classes_)
    return _Graph(module.eval(), first.inputs, first.outputs, described)


def _predictions(outputs: Outputs, raw: torch.Tensor) -> list[torch.Tensor]:
    """Turn raw outputs into what `predict_proba` or `predict` of an estimator return."""
    if isinstance(outputs, MultiTaskOutputs):
        return [_predictions(part, raw[:, columns])[0] for columns, part in outputs.parts]
    if isinstance(outputs, ClassOutputs):
        if outputs.n_scores > 1:
            return [raw.softmax(dim=1)]
        proba = raw.sigmoid()
        return [torch.cat([1 - proba, proba], dim=1)]
    if isinstance(outputs, TaskOutputs):
        return [raw.sigmoid()]
    if isinstance(outputs, LabelOutputs):
        return [raw.transpose(1, 2).softmax(dim=2)]
    if isinstance(outputs, ProfileOutputs):
        return [_profile(outputs, raw).transpose(1, 2)]
    if isinstance(outputs, PairOutputs):
        maps = raw.softmax(dim=1) if outputs.is_class else _in_units(raw.double(), outputs, 1)
        return [maps.unflatten(2, (outputs.size, outputs.size)).permute(0, 2, 3, 1)]
    if isinstance(outputs, ValueOutputs) and outputs.link in ("identity", "log"):
        # In double precision, lest a large mean rounds small differences away.
        values = raw.double()
        values = values.exp() if outputs.link == "log" else values
        values = _in_units(values, outputs)
        return [values[:, 0] if len(outputs.names) == 1 else values]
    raise ValueError(f"outputs of the kind {type(outputs).__name__} cannot be exported")


def _profile(outputs: ProfileOutputs, raw: torch.Tensor) -> torch.Tensor:
    if outputs.link == "softmax":
        tracks, log_totals = raw[..., :-1], raw[..., -1:]
        if outputs.joint:
            shape = tracks.flatten(1).softmax(dim=1).view_as(tracks)
        else:
            shape = tracks.softmax(dim=2)
        raw = shape * torch.expm1(log_totals).clamp(min=0)
    elif outputs.link == "log":
        raw = raw.exp()
    return _in_units(raw.double(), outputs, trailing=1)


def _in_units(values: torch.Tensor, outputs: Any, trailing: int = 0) -> torch.Tensor:
    """Multiply by the scale and add the mean of each output, along the second axis."""
    if not outputs.scale:
        return values
    shape = (-1, *(1,) * trailing)
    scale, mean = (
        torch.tensor(part, dtype=torch.float64).view(shape)
        for part in (outputs.scale, outputs.mean)
    )
    return values * scale + mean


def _describe_predictions(outputs: Outputs) -> list[dict[str, Any]]:
    """Describe the outputs of the graph as plain values."""
    if isinstance(outputs, MultiTaskOutputs):
        return [
            _describe_predictions(part)[0] | {"name": str(name)}
            for name, (_, part) in zip(outputs.names, outputs.parts, strict=True)
        ]
    axes: list[str | int] = ["batch"]
    is_value = isinstance(outputs, ValueOutputs | ProfileOutputs) or (
        isinstance(outputs, PairOutputs) and not outputs.is_class
    )
    if isinstance(outputs, PairOutputs):
        axes += ["bin", "bin"]
    elif outputs.axis is not None:
        axes.append(outputs.axis)
    if not (isinstance(outputs, ValueOutputs) and len(outputs.names) == 1):
        axes.append(outputs.noun)
    return [
        {
            "name": "predictions" if is_value else "probabilities",
            "axes": axes,
            "kind": outputs.noun,
            "names": _plain(outputs.names),
        }
    ]


def _describe(estimator, graph: _Graph) -> dict[str, Any]:
    return {
        "estimator": type(estimator).__name__,
        **graph.described,
        "versions": {name: version(name) for name in _RECORDED},
    }


def _plain(values) -> list:
    """Convert names to values that JSON has."""
    items = values.tolist() if isinstance(values, np.ndarray) else list(values)
    return [item if isinstance(item, bool | int | float | str) else str(item) for item in items]


def _trace(graph: _Graph) -> torch.export.ExportedProgram:
    dynamic = {"inputs": tuple({0: torch.export.Dim.DYNAMIC} for _ in graph.inputs)}
    try:
        with torch.no_grad(), shape_only_recurrence():
            return torch.export.export(
                graph.module, tuple(graph.inputs.values()), dynamic_shapes=dynamic
            )
    except Exception as error:
        raise ValueError(
            f"{_network_name(graph)} is not one graph for all batches: its forward may depend on "
            f"the values or the number of its inputs. torch.export says: {_first_line(error)}"
        ) from error


def _to_onnx(program: torch.export.ExportedProgram, graph: _Graph) -> Any:
    try:
        with shape_only_recurrence():
            return torch.onnx.export(
                program,
                dynamo=True,
                verbose=False,
                input_names=list(graph.inputs),
                output_names=graph.outputs,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise ValueError(
            f"{_network_name(graph)} cannot be written as ONNX: {_first_line(cause)}. Replace the "
            'layer, or export to a file with the suffix ".pt2", which has all operators of torch'
        ) from error


def _network_name(graph: _Graph) -> str:
    module = graph.module.members[0] if isinstance(graph.module, _Mean) else graph.module
    return type(module.network).__name__


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300].rstrip(".")


@contextlib.contextmanager
def shape_only_recurrence() -> Iterator[None]:
    """Trace recurrent layers as single operators, whose output shapes are known.

    Otherwise, torch decomposes them into operators for each position whenever it needs the shape of
    their output, which takes minutes for some hundred positions. Nothing is computed with real
    values in between.

    Yields
    ------
    None
        Within the block, recurrent layers can be traced, but must not be run.
    """
    from torch._decomp import global_decomposition_table

    # torch.export._patches registers its own decompositions in the same two tables.
    table = global_decomposition_table["post_autograd"]
    key = torch._C.DispatchKey.CompositeImplicitAutograd
    saved = [(op, table.get(op), dict(op.py_kernels)) for op in _RECURRENT]
    try:
        for op in _RECURRENT:
            table[op] = op.py_kernels[key] = _recurrent_shapes
            op._dispatch_cache.clear()
        yield
    finally:
        for op, decomposition, kernels in saved:
            table.pop(op)
            if decomposition is not None:
                table[op] = decomposition
            op.py_kernels.clear()
            op.py_kernels.update(kernels)
            op._dispatch_cache.clear()


def _recurrent_shapes(
    x, states, params, has_biases, n_layers, dropout, train, bidirectional, first
):
    """Return tensors of the shapes that a recurrent operator returns."""
    states = states if isinstance(states, list | tuple) else [states]
    n_features = (1 + bidirectional) * states[0].shape[-1]
    return (x.new_empty((*x.shape[:-1], n_features)), *(s.new_empty(s.shape) for s in states))


def _check_onnx() -> None:
    for name in ("onnx", "onnxscript"):
        try:
            __import__(name)
        except ImportError:
            raise ImportError(
                f'ONNX needs the package {name}: pip install "skgenomics[export]"; or give a path '
                "with the suffix .pt2"
            ) from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch's remarks on its own exporter, and on packages that are not needed, from users."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
