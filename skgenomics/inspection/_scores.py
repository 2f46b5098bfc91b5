"""Differentiable scores of fitted deep estimators: one number per sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from skgenomics._outputs import ClassOutputs, Mixture, Outputs, describe_outputs
from skgenomics._utils.input_validation import sequence_length
from skgenomics._utils.pipelines import averaged_members, split_steps
from skgenomics.alphabets import Alphabet
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators.conditional import ConditionalClassifier
from skgenomics.multiview._base import MultiViewEstimator
from skgenomics.pretrained._fine_tuning import BaseFineTunedModel
from skgenomics.sequences import encode_ragged, get_alphabet, is_frame, is_text
from skgenomics.training.batches import real_positions, to_channels

if TYPE_CHECKING:
    import pandas as pd


class NoPositionsError(ValueError):
    """The estimator does not read sequences position by position, so it has no gradients there."""


class SequenceReader:
    """Network of a fitted deep estimator, and how sequences become its input.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator of this package, or a pipeline that ends in one and whose other
        steps return text, codes or channels.

    Attributes
    ----------
    estimator : SequenceEstimator
        The final estimator.
    network : torch.nn.Module
        Its network, in evaluation mode.
    n_channels : int
        Number of channels per position.
    symbols : str or None
        Symbols of the channels; None for signals.

    Raises
    ------
    NoPositionsError
        If the estimator has no network that reads positions.
    """

    estimator: Any
    network: Any
    # True of a score that keeps the other inputs of a sample.
    _keeps_inputs = False
    # A str, or None for signals, which callers rule out by the reader that they choose.
    symbols: Any
    # Number of positions of a batch: activations of this size fit in the cache.
    batch_positions: int = 1 << 16

    def __init__(self, estimator):
        self.steps, self.estimator = split_steps(estimator)
        self._learn()

    def _learn(self) -> None:
        """Check the final estimator, and read what is known of its network."""
        if not isinstance(self.estimator, SequenceEstimator):
            name = type(self.estimator).__name__
            reason = "is not a deep estimator of skgenomics"
            if isinstance(self.estimator, BaseFineTunedModel):
                reason = "reads tokens of a checkpoint"
            elif not hasattr(self.estimator, "predict"):
                reason = (
                    "predicts no target: its score is the likelihood of the sequence, which is no "
                    "function of single channels"
                )
            raise NoPositionsError(
                f"{name} {reason}, so there are no gradients or activations to look at; use "
                "`mutagenesis`, or `attribute` with method='occlusion', which take any estimator "
                "of text"
            )
        check_is_fitted(self.estimator)
        if self.estimator._has_extra_inputs and not self._keeps_inputs:
            raise NoPositionsError(
                f"{type(self.estimator).__name__} reads other columns beside the sequence: give X "
                "as a frame with these columns, whose values are kept"
            )
        if self.estimator.input_form_ == "tokens":
            raise NoPositionsError(
                f"{type(self.estimator).__name__} reads tokens of several symbols each; use "
                "`mutagenesis`, or `attribute` with method='occlusion', which change the text "
                "itself"
            )
        if self.estimator.input_form_ == "images":
            raise NoPositionsError(
                f"{type(self.estimator).__name__} reads images, which have no sequence to "
                "attribute to; use a package such as captum on its `network_`"
            )
        self.network = self.estimator.network_.eval()
        self.n_channels = self.estimator.n_channels_
        is_sequence = self.estimator.is_sequence_
        self.symbols = get_alphabet(self.estimator.alphabet).symbols if is_sequence else None

    def read(self, X) -> np.ndarray:
        """Return sequences as the estimator reads them.

        Parameters
        ----------
        X : text, codes, channels, or input of the pipeline
            Sequences.

        Returns
        -------
        ndarray of shape (n_samples, n_positions) or (n_samples, n_positions * n_channels)
            Codes, uint8, or channels.

        Raises
        ------
        NoPositionsError
            If earlier steps turn text into features without positions.
        """
        if self.steps and self.symbols is None and is_text(X):
            names = ", ".join(type(step).__name__ for step in self.steps)
            raise NoPositionsError(
                f"{names} turns text into features that do not belong to single positions; use "
                "`mutagenesis`, or `attribute` with method='occlusion', which change the text "
                "itself"
            )
        for step in self.steps:
            X = step.transform(X)
        return self.estimator._read(X, reset=False)

    def to_channels(self, data: np.ndarray) -> torch.Tensor:
        """Convert the result of :meth:`read` to a tensor on the device of the network.

        Parameters
        ----------
        data : ndarray
            Codes or channels.

        Returns
        -------
        Tensor of shape (n_samples, n_channels, n_positions)
        """
        weight = next(self.network.parameters())
        x = torch.from_numpy(np.ascontiguousarray(data)).to(weight.device)
        return to_channels(x, self.n_channels, weight.dtype)

    @property
    def is_masked(self) -> bool:
        """True if the network ignores padding."""
        return self.estimator.net_.masked

    def mask(self, data: np.ndarray) -> torch.Tensor | None:
        """Find the positions in the result of :meth:`read` that the network does not ignore.

        Parameters
        ----------
        data : ndarray
            Codes or channels.

        Returns
        -------
        Tensor of bool of shape (n_samples, n_positions), or None
            False at padding; None if there is none, or the network reads padding as unknown.
        """
        if not self.is_masked:
            return None
        device = next(self.network.parameters()).device
        return real_positions(
            torch.from_numpy(np.ascontiguousarray(data)).to(device), self.n_channels
        )

    def batches(
        self, data: np.ndarray
    ) -> Iterator[tuple[slice, torch.Tensor, torch.Tensor | None]]:
        """Iterate over batches of the result of :meth:`read`.

        Parameters
        ----------
        data : ndarray
            Codes or channels.

        Yields
        ------
        samples : slice
            Samples of the batch.
        x : Tensor of shape (n_samples, n_channels, n_positions)
            Their channels.
        mask : Tensor of bool of shape (n_samples, n_positions), or None
            Their mask, as of :meth:`mask`.
        """
        size = max(1, self.batch_positions // max(1, sequence_length(data, self.n_channels)))
        for start in range(0, len(data), size):
            samples = slice(start, min(start + size, len(data)))
            yield samples, self.to_channels(data[samples]), self.mask(data[samples])


class SequenceScore(SequenceReader):
    """Score of a fitted deep estimator as a differentiable function of the sequence.

    Explanations are of scores on a scale that does not saturate: the log-odds of a class against
    all others, the prediction of a regressor in the units of y, or the logarithm of a rate.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator of this package, or a pipeline that ends in one and whose other
        steps return text, codes or channels.
    target : object, default=None
        Output to score, by name, or a function of all outputs:

        - a class of a classifier; by default the second of two;
        - a task or target, by its name in y or its number;
        - (task, class) of a :class:`~skgenomics.MultiTaskEstimator`; a task of two classes or of
          real numbers needs no class;
        - a label of a :class:`~skgenomics.SequenceLabeler`, averaged over positions, or
          (label, position);
        - "total" or "profile" (the shape) of a :class:`~skgenomics.ProfileRegressor`, averaged
          over tracks, the default being "total"; a track; or (track, "total"),
          (track, "profile") or (track, bin);
        - a callable that takes the tensor of all outputs, of shape (n_samples, n_outputs) or
          (n_samples, n_outputs, n_positions), and returns one number per sequence.

    Attributes
    ----------
    estimator : SequenceEstimator
        The final estimator.
    network : torch.nn.Module
        Its network, in evaluation mode.
    n_channels : int
        Number of channels per position.
    symbols : str or None
        Symbols of the channels; None for signals.
    outputs : Outputs
        Description of the raw outputs.

    Raises
    ------
    NoPositionsError
        If the estimator has no network that reads positions.
    ValueError
        If there is no such target.
    """

    def __init__(self, estimator, target=None):
        super().__init__(estimator)
        self.outputs: Outputs = describe_outputs(self.estimator)
        self._reduction = self.outputs.select(target)

    def raw(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the raw outputs of a batch of channels, with False in the mask at padding."""
        return self.estimator.net_.score_channels(x, mask)

    def __call__(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the score of each sequence of a batch.

        Parameters
        ----------
        x : Tensor of shape (n_samples, n_channels, n_positions)
            Channels.
        mask : Tensor of bool of shape (n_samples, n_positions), optional
            False at padding; None if there is none.

        Returns
        -------
        Tensor of shape (n_samples,)
        """
        return self._reduction(self.raw(x, mask))

    @torch.no_grad()
    def predict(self, data: np.ndarray) -> np.ndarray:
        """Return the score of each sequence.

        Parameters
        ----------
        data : ndarray
            Result of :meth:`read`.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        parts = [self(x, mask).cpu().numpy() for _, x, mask in self.batches(data)]
        return np.concatenate(parts) if parts else np.empty(0)


class EnsembleScore(SequenceScore):
    """Score of the mean prediction of several networks, of the same type as that of each.

    Parameters
    ----------
    members : sequence of SequenceScore
        Scores of the members, which read the same sequences.
    weights : sequence of float
        Weights of their predictions.
    target : object, default=None
        As in :class:`SequenceScore`.
    classes : sequence or None, default=None
        Classes of the ensemble, whose members may know them by number only.
    steps : sequence of transformers, default=()
        Steps ahead of the ensemble.

    Raises
    ------
    NoPositionsError
        If the members read different symbols or predict different outputs.
    """

    def __init__(
        self,
        members: Sequence[SequenceScore],
        weights: Sequence[float],
        target=None,
        *,
        classes: Sequence | None = None,
        steps: Sequence = (),
    ):
        self.members, self._ahead = list(members), list(steps)
        if len({(member.n_channels, member.symbols) for member in members}) > 1:
            raise NoPositionsError(
                "the members of the ensemble read different symbols, so that gradients cannot be "
                "averaged; explain each member of `estimators_`"
            )
        # Members that were fitted on parts of the data may have seen shorter sequences only.
        longest = max(members, key=lambda member: getattr(member.estimator, "length_", 0))
        self.steps, self.estimator = longest.steps, longest.estimator
        self._reader = longest
        self.n_channels, self.symbols = longest.n_channels, longest.symbols
        self.network = torch.nn.ModuleList([member.network for member in members])
        self.batch_positions = min(member.batch_positions for member in members)
        try:
            self._mixture = Mixture([member.outputs for member in members], weights)
        except ValueError as error:
            raise NoPositionsError(f"{error}; explain each member of `estimators_`") from error
        self.outputs = self._mixture.outputs
        if classes is not None and isinstance(self.outputs, ClassOutputs):
            self.outputs = replace(self.outputs, names=tuple(classes))
        self._reduction = self.outputs.select(target)

    def read(self, X) -> np.ndarray:
        """Return sequences as the members read them."""
        for step in self._ahead:
            X = step.transform(X)
        return self._reader.read(X)

    @property
    def is_masked(self) -> bool:
        """True if the network of a member ignores padding."""
        return any(member.is_masked for member in self.members)

    def raw(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the raw outputs of the mean prediction."""
        return self._mixture([m.raw(x, mask if m.is_masked else None) for m in self.members])


def encode_padded(X, alphabet: Alphabet) -> np.ndarray:
    """Encode text as codes, with padding behind shorter sequences.

    Parameters
    ----------
    X : array-like of str of shape (n_samples,)
        Sequences.
    alphabet : Alphabet
        Their alphabet.

    Returns
    -------
    ndarray of shape (n_samples, n_positions), uint8

    Raises
    ------
    ValueError
        If a sequence is empty, or a character is not in the alphabet.
    """
    symbols, lengths = encode_ragged(X, alphabet)
    if not lengths.all():
        raise ValueError(f"sequence {int(lengths.argmin())} is empty; leave it out")
    codes = np.full((len(lengths), lengths.max()), alphabet.padding_code, dtype=np.uint8)
    codes[np.arange(codes.shape[1]) < lengths[:, np.newaxis]] = symbols
    return codes


class PretrainedScore(SequenceScore):
    """Score of a fine-tuned pretrained model as a differentiable function of the sequence.

    Parameters
    ----------
    estimator : object
        A fitted :class:`~skgenomics.PretrainedClassifier` or
        :class:`~skgenomics.PretrainedRegressor`, or a pipeline that ends in one.
    target : object, default=None
        As in :class:`SequenceScore`.

    Raises
    ------
    NoPositionsError
        If the borders of the tokens depend on the symbols.
    """

    # A token may be a mixture of thousands of words.
    batch_positions = 1 << 12

    def _learn(self) -> None:
        model = self.estimator
        check_is_fitted(model)
        self.network = model.network_.eval()
        self._alphabet = get_alphabet(model.alphabet)
        self.symbols, self.n_channels = self._alphabet.symbols, self._alphabet.n_symbols
        try:
            self._input = model._make_mixture_embedding()
        except ValueError as error:
            raise NoPositionsError(
                f"{type(model).__name__}: {error}; use `mutagenesis`, or `attribute` with "
                "method='occlusion', which change the text itself"
            ) from error

    def read(self, X) -> np.ndarray:
        """Return sequences as codes of shape (n_samples, n_positions)."""
        for step in self.steps:
            X = step.transform(X)
        texts = self.estimator._read_texts(X, reset=False)
        self.estimator._check_symbols(texts)
        return encode_padded(texts, self._alphabet)

    @property
    def is_masked(self) -> bool:
        """True: padding has no tokens."""
        return True

    def raw(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the raw outputs of a batch of channels, with False in the mask at padding."""
        if type(x) is not torch.Tensor:
            raise NoPositionsError(
                f"DeepLIFT has no rule for the tokens of {type(self.estimator).__name__}; use "
                "method='integrated_gradients', which is exact for every network"
            )
        return self._input.run(self.network, x, mask)


class ConditionalScore(SequenceScore):
    """Score of a :class:`~skgenomics.ConditionalClassifier` under the conditions of a sample.

    Parameters
    ----------
    estimator : object
        A fitted classifier, or a pipeline that ends in one.
    target : object, default=None
        As in :class:`SequenceScore`.
    sample : DataFrame of one row or None, default=None
        Sample whose conditions hold; None for those of the first categories.
    """

    def __init__(self, estimator, target=None, *, sample: pd.DataFrame | None = None):
        self._ahead, model = split_steps(estimator)
        check_is_fitted(model)
        if model.sequence_column is None:
            raise NoPositionsError(
                "attributions under conditions need a sequence_column; use `estimator.given(...)`"
            )
        if sample is None:
            conditions = {name: known[0] for name, known in model.categories_.items()}
        else:
            for step in self._ahead:
                sample = step.transform(sample)
            assert sample is not None
            conditions = {name: sample[name].iloc[0] for name in model.categories_}
        super().__init__(model.given(conditions), target)
        self._column = model.sequence_column

    def read(self, X) -> np.ndarray:
        """Return the sequences of a frame as the network reads them."""
        return super().read(_take_column(self._ahead, X, self._column))


class InputsScore(SequenceScore):
    """Score of a module of the user's own with the further inputs of a sample.

    Parameters
    ----------
    estimator : object
        A fitted estimator, or a pipeline that ends in one.
    target : object, default=None
        As in :class:`SequenceScore`.
    sample : DataFrame of one row or None, default=None
        Sample whose other inputs are kept; None to read sequences only.
    """

    _keeps_inputs = True

    def __init__(self, estimator, target=None, *, sample: pd.DataFrame | None = None):
        super().__init__(estimator, target)
        self._ahead, self.steps = self.steps, []
        self._column = self.estimator.input_names_[0]
        self._extra: dict[str, torch.Tensor] = {}
        if sample is not None:
            for step in self._ahead:
                sample = step.transform(sample)
            device = next(self.network.parameters()).device
            extra = self.estimator._read_extra_inputs(sample)
            self._extra = {k: torch.from_numpy(values).to(device) for k, values in extra.items()}

    def read(self, X) -> np.ndarray:
        """Return the sequences of a frame as the network reads them."""
        return super().read(_take_column(self._ahead, X, self._column))

    def raw(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the raw outputs, with the other inputs of the sample."""
        extra = {k: values.expand(len(x), *values.shape[1:]) for k, values in self._extra.items()}
        return self.estimator.net_.score_channels(x, mask, **extra)


class ViewScore(SequenceScore):
    """Score of a multi-view model as a function of the sequence of one view.

    Parameters
    ----------
    estimator : object
        A fitted :class:`~skgenomics.MultiViewClassifier` or
        :class:`~skgenomics.MultiViewRegressor`, or a pipeline that ends in one.
    target : object, default=None
        As in :class:`SequenceScore`.
    sequence_column : str or None, default=None
        Column of the sequence, or name of its view; by default the only one.
    sample : DataFrame of one row or None, default=None
        Sample whose other views are kept; None to read sequences only.
    """

    def __init__(
        self,
        estimator,
        target=None,
        *,
        sequence_column: str | None = None,
        sample: pd.DataFrame | None = None,
    ):
        self._ahead, model = split_steps(estimator)
        check_is_fitted(model)
        view = find_view(model, sequence_column)
        encoders, self.estimator = split_steps(model.estimators_[view])
        self.steps = [*model.encoders_[view], *encoders]
        self._column = model.columns_[view]
        self.n_channels = self.estimator.n_channels_
        self.symbols = get_alphabet(self.estimator.alphabet).symbols
        self.outputs = describe_outputs(model)
        self._reduction = self.outputs.select(target)
        self.network, self._score = self.estimator, None
        if sample is not None:
            for step in self._ahead:
                sample = step.transform(sample)
            self.network, self._score = model._score_view(view, sample)

    def read(self, X) -> np.ndarray:
        """Return the sequences of a frame as the network of their view reads them."""
        return super().read(_take_column(self._ahead, X, self._column))

    @property
    def is_masked(self) -> bool:
        """True if the network of the view ignores padding."""
        return self.estimator.has_padding_

    def raw(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the raw outputs, with the other views of the sample."""
        assert self._score is not None
        return self._score(x, mask)


def find_view(model: MultiViewEstimator, sequence_column: str | None = None) -> str:
    """Return the name of the view of sequences that a column belongs to.

    Raises
    ------
    NoPositionsError
        If there is no such view, or several and none is named.
    """
    views = {
        name: column
        for name, column in model.columns_.items()
        if _reads_symbols(split_steps(model.estimators_[name])[1])
    }
    found = list(views)
    if sequence_column is not None:
        found = [
            name
            for name, column in views.items()
            if sequence_column == name or column in (sequence_column, [sequence_column])
        ]
    if len(found) != 1:
        got = "" if sequence_column is None else f"; {sequence_column!r} is not one"
        raise NoPositionsError(
            f"{type(model).__name__} has {len(views)} views of sequences whose network reads "
            f"positions, {list(views.values())}: name the column of one as sequence_column{got}"
        )
    return found[0]


def _reads_symbols(estimator) -> bool:
    return (
        isinstance(estimator, SequenceEstimator)
        and getattr(estimator, "is_sequence_", False)
        and estimator.input_form_ != "tokens"
    )


def _take_column(steps: Sequence, X, column):
    if not is_frame(X):
        raise ValueError(
            f"X must be a frame with the column {column!r} and all others that the estimator "
            f"reads, got {type(X).__name__}"
        )
    for step in steps:
        X = step.transform(X)
    return X[column]


def reads_frames(estimator) -> bool:
    """Tell whether a fitted estimator reads other columns beside the sequence."""
    last = split_steps(estimator)[1]
    if isinstance(last, MultiViewEstimator) or getattr(last, "_has_extra_inputs", False):
        return True
    members, _ = averaged_members(last, underlying=True)
    return bool(members) and reads_frames(members[0])


def find_sequence_score(
    estimator,
    target=None,
    *,
    underlying: bool = False,
    gradients: bool = False,
    sequence_column: str | None = None,
    sample: pd.DataFrame | None = None,
) -> SequenceScore:
    """Choose the differentiable score of a fitted estimator.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator; an ensemble that averages deep estimators; a model of other
        columns beside the sequence; or a pipeline, search or wrapper of these.
    target : object, default=None
        As in :class:`SequenceScore`.
    underlying : bool, default=False
        True scores a calibrated classifier by the mean of its classifiers before calibration.
    gradients : bool, default=False
        True scores a fine-tuned pretrained model by its gradients, too; otherwise it is a model of
        text, whose sequences are edited before they are tokenized.
    sequence_column : str or None, default=None
        Column of the sequence, for models of several columns.
    sample : DataFrame of one row or None, default=None
        Sample whose other columns are kept, which models of several columns need.

    Returns
    -------
    SequenceScore

    Raises
    ------
    NoPositionsError
        If the estimator has no network that reads positions.
    ValueError
        If there is no such target.
    """
    if sample is None and reads_frames(estimator):
        raise NoPositionsError(
            f"{type(split_steps(estimator)[1]).__name__} reads other columns beside the sequence: "
            "give a frame with these columns, which are kept"
        )
    return _find(estimator, target, underlying, sequence_column, sample, gradients)


def _first_output(outputs):
    """Serve as the target of members, whose outputs are mixed before a target is chosen."""
    return outputs[:, 0]


def find_reader(
    estimator, *, target=_first_output, sequence_column: str | None = None
) -> SequenceScore:
    """Choose how the sequences of any deep estimator, ensemble or model of frames are read.

    Its score is that of the estimator only if it reads sequences alone.
    """
    return _find(estimator, target, True, sequence_column, None, False)


def _find(
    estimator, target, underlying: bool, sequence_column, sample, gradients: bool
) -> SequenceScore:
    steps, last = split_steps(estimator)
    if isinstance(last, MultiViewEstimator):
        return ViewScore(estimator, target, sequence_column=sequence_column, sample=sample)
    if isinstance(last, ConditionalClassifier):
        return ConditionalScore(estimator, target, sample=sample)
    if getattr(last, "_has_extra_inputs", False):
        return InputsScore(estimator, target, sample=sample)
    members, weights = averaged_members(last, underlying=underlying)
    if not members and gradients and isinstance(last, BaseFineTunedModel):
        return PretrainedScore(estimator, target)
    if not members:
        return SequenceScore(estimator, target)
    settings = underlying, sequence_column, sample, gradients
    scores = [_find(member, _first_output, *settings) for member in members]
    labels: Any = getattr(last, "classes_", None)
    classes = None if np.ndim(labels) != 1 else np.asarray(labels).tolist()
    return EnsembleScore(scores, weights, target, classes=classes, steps=steps)
