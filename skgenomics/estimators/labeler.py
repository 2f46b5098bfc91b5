"""Labels of the positions of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np
import torch
from scipy.special import softmax
from torch import nn

from skgenomics._outputs import LabelOutputs
from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._imported import (
    import_network,
    probe_module,
    refuse_shape,
    sort_classes,
    template_input,
)
from skgenomics.estimators._per_position import PositionEstimator
from skgenomics.estimators._position_labels import LabelTargets
from skgenomics.estimators._targets import read_sample_weight
from skgenomics.networks.crf import CRF
from skgenomics.networks.per_position import LabelNetwork
from skgenomics.training.hyperparameters import LOSSES, CrossEntropyLoss, FocalLoss
from skgenomics.training.losses import CLASS_LOSSES, CRFLoss, WeightedLoss, choose_loss

# Rows whose best paths are searched for at once.
_CRF_ROWS = 256


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class SequenceLabeler(LabelTargets, PositionEstimator):
    """Network that labels each position of a sequence.

    Splice sites, coding parts and secondary structure are labels of positions: y has a string of
    labels, or a row of codes, for each sequence.

    Parameters
    ----------
    network : str, default="resnet"
        "resnet", "cnn", "unet", "rnn", "cnnrnn", "transformer" or "longconv", see
        :class:`ResNetClassifier` and so on.
    network_params : dict, default=None
        Settings of its body, as of that estimator: of convolutions and other layers, not of pooling
        and hidden layers at the end. They replace the defaults, which keep each position apart.
        `hidden_filters` puts convolutions of width 1 before the scores.
    crop : int, default=0
        Positions at each end that have no labels, since they are there as context.
    crf : bool, default=False
        Whether a conditional random field learns which labels follow each other (Lafferty et al.,
        2001); predictions are then the best path, and probabilities the marginal ones.
    unknown_label : str or int, default=None
        Label that stands for an unknown one, which takes no part; None for "?" in strings and -1
        in codes.
    strand_labels : dict, default=None
        Labels on the reverse strand, such as ``{"+": "-", "-": "+"}``, if
        `reverse_complement` is set; those that are not named stay.
    {labels}
    {input}
    {training}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels: characters or codes, in their order.
    label_form_ : {"text", "codes"}
        Format of y in fit.
    transitions_ : ndarray of shape (n_classes, n_classes) or None
        With `crf`, what its scores of one label after another start from.
    {receptive field}
    {fitted}

    See Also
    --------
    ProfileRegressor : A signal along each sequence.
    ResNetClassifier : One label for each sequence.

    Notes
    -----
    :meth:`score`, which ``scoring=None`` uses in cross-validation, is the accuracy of positions.
    Scorers of scikit-learn compare whole sequences of labels: "accuracy" is the fraction of
    sequences without any wrong label, often 0, and "f1_macro" counts whole strings as classes.
    For codes of more than two labels they raise an error. Use ``scoring=None``, or
    ``get_scorer("positions_f1_macro")`` and others of :mod:`skgenomics.metrics`, which take each
    position as a sample.

    References
    ----------
    .. [1] Jaganathan et al., Predicting splicing from primary sequence with deep learning, Cell
       176, 2019.

    Examples
    --------
    >>> from skgenomics import SequenceLabeler
    >>> from skgenomics.datasets import make_motif_classification
    >>> X = make_motif_classification(100, 20, random_state=0).X
    >>> y = ["".join("D" if x[i : i + 2] == "GT" else "N" for i in range(20)) for x in X]
    >>> labeler = SequenceLabeler(network="cnn", max_iter=20, random_state=0).fit(X, y)
    >>> labeler.predict(["CCGTAACC"])
    array(['NNDNNNNN'], dtype=object)
    """

    crop: int = 0
    crf: bool = False
    unknown_label: str | int | None = None
    strand_labels: dict | None = None
    loss: str | CrossEntropyLoss | FocalLoss = "cross_entropy"
    class_weight: str | dict | None = None

    _groups: ClassVar[dict[str, Any]] = {"loss": LOSSES}
    _masking_rate: ClassVar[float] = 0.1
    _network_class = LabelNetwork
    _networks = ("cnn", "resnet", "unet", "rnn", "cnnrnn", "transformer", "longconv")

    @classmethod
    def from_module(
        cls,
        module: nn.Module,
        *,
        classes: Sequence,
        length: int,
        alphabet: str = "ACGT",
        n_channels: int | None = None,
        input_symbols: str | None = None,
        layout: str = "NCL",
        output: str = "scores",
        output_layout: str = "NCL",
        **params,
    ) -> Self:
        """Make a fitted labeler of a torch module that was trained elsewhere.

        Parameters
        ----------
        module : torch.nn.Module
            Trained module. Its parameters are copied.
        classes : sequence of str or int
            Labels, single characters or integers, in the order of the outputs of the module.
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
            Scale of the output of the module: logits, or probabilities, whose logarithms are taken.
        output_layout : {"NCL", "NLC"}, default="NCL"
            Axes of the output of the module: sequences (N), classes (C) and positions (L). If there
            are fewer positions than in the input, they are those in the middle (`crop`).
        **params
            Further hyperparameters of the estimator, such as `batch_size` or those of training.

        Returns
        -------
        estimator : SequenceLabeler
            Fitted estimator. Its `fit` and `partial_fit` train the module further.

        Raises
        ------
        ValueError
            If the module cannot read such sequences, its output has another shape than promised
            (naming both), or an argument is invalid.

        Examples
        --------
        >>> from torch import nn
        >>> from skgenomics import SequenceLabeler
        >>> module = nn.Conv1d(4, 3, 5, padding="same")
        >>> labeler = SequenceLabeler.from_module(module, classes="NAD", length=8)
        >>> labeler.predict_proba(["ACGTACGT"]).shape
        (1, 8, 3)
        """
        check_choice("output", output, ("scores", "probabilities"))
        check_choice("output_layout", output_layout, ("NCL", "NLC"))
        form: dict[str, Any] = {
            "length": length,
            "alphabet": alphabet,
            "n_channels": n_channels,
        }
        labels, order = sort_classes(classes)
        network = import_network(
            module,
            **form,
            input_symbols=input_symbols,
            layout=layout,
            output=output,
            order=None if order == sorted(order) else order,
            by_position=True,
            output_layout=output_layout,
        )
        found = probe_module(network, **form)
        shape = found[0][::-1] if output_layout == "NLC" else found[0]
        rest = length - shape[1] if len(shape) == 2 else -1
        if len(found) != 1 or shape[0] != len(labels) or rest < 0 or rest % 2:
            n = str(len(labels))
            axes = f"(n, length, {n})" if output_layout == "NLC" else f"(n, {n}, length)"
            raise refuse_shape(
                network,
                found,
                f"{n} classes at each of {length} positions, or at those in the middle, need "
                f"{axes} with output_layout={output_layout!r}",
            )
        network.crop = rest // 2
        params = {"crop": network.crop} | params
        estimator = cls(network=network, **form, **params)
        is_text = isinstance(labels[0], str)
        y = [label * shape[1] if is_text else [label] * shape[1] for label in labels]
        return estimator._adopt_network(template_input(len(y), **form), y, labels)

    def fit(
        self, X, y, sample_weight=None, groups=None, validation_data=None, X_val=None, y_val=None
    ):
        """Train the network.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n_samples,) or (n_samples, 1); codes of shape (n_samples, length);
            channels of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length).
        y : list or array of str of shape (n,), or array-like of int of shape (n, L)
            A label for each position but the `crop` first and last ones. Strings are as long as
            their sequences.
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
            If X or y is empty or malformed, labels and sequences differ in length (naming the
            first), all labels are the same or unknown, or a hyperparameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups, validation=(validation_data, X_val, y_val))

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one more epoch, with a constant learning rate and no early stopping.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : array-like
            Targets, as in :meth:`fit`.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur; required in the first call if its y lacks some.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        is_known = classes is None or not self.__sklearn_is_fitted__()
        if not is_known and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={classes!r} differ from those of the first call, {self.classes_.tolist()}"
            )
        return self._fit(X, y, sample_weight, one_epoch=True, classes=classes)

    def decision_function(self, X) -> np.ndarray:
        """Compute the scores of the labels.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, length, n_classes)
            Scores before the softmax.
        """
        return self._predict_scores(X).transpose(0, 2, 1)

    def predict_proba(self, X) -> np.ndarray:
        """Predict the probabilities of the labels at each position.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, length, n_classes)
            Zero at padding.
        """
        scores, mask = self._score(X)
        if self.network_.crf is not None:
            proba = self._with_crf("marginals", scores, mask).transpose(0, 2, 1)
        else:
            proba = softmax(scores.transpose(0, 2, 1), axis=2)
        return np.where(mask[:, :, np.newaxis], proba, 0).astype(self.dtype_)

    def predict_log_proba(self, X) -> np.ndarray:
        """Predict the logarithms of the probabilities of the labels.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, length, n_classes)
            Logarithms of :meth:`predict_proba`, -inf at padding.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X) -> np.ndarray:
        """Predict the most probable label of each position.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of str of shape (n_samples,), or of int of shape (n_samples, length)
            Labels in the format of y in fit; with `crf` the most probable sequence of labels.
            Strings are as long as their sequences; codes have the unknown label at padding.
        """
        return self._to_labels(*self._predict_codes(X))

    def _to_labels(self, codes: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Turn indices of labels into labels in the format of y in fit."""
        labels = self.classes_[codes]
        if self.label_form_ == "codes":
            return np.where(mask, labels, self._unknown)
        texts = np.empty(len(labels), dtype=object)
        texts[:] = ["".join(row[real]) for row, real in zip(labels, mask, strict=True)]
        return texts

    def score(self, X, y, sample_weight=None) -> float:
        """Compute the accuracy of the known labels.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : list or array of str of shape (n_samples,), or array-like of int
            True labels, as in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            Fraction of the known labels that are predicted correctly.

        Raises
        ------
        ValueError
            If every label is unknown.
        """
        return self._score_codes(self._predict_codes(X)[0], X, y, sample_weight)

    def _score_codes(self, predicted: np.ndarray, X, y, sample_weight) -> float:
        """Compute the accuracy of predicted indices of labels, of shape (n_samples, length)."""
        y = self._match_targets(X, self._read_y(y))
        codes = self._encode(y)
        known = codes >= 0
        if not known.any():
            raise ValueError("every label in y is unknown")
        weight = read_sample_weight(sample_weight, len(codes))
        right = (predicted == codes) & known
        return float((weight @ right.sum(axis=1)) / (weight @ known.sum(axis=1)))

    def _read_training(self, X, y, *args, resume: bool, **kwargs):
        if not resume:
            self._learn_form(y)
        return super()._read_training(X, y, *args, resume=resume, **kwargs)

    @property
    def _label_network(self) -> LabelNetwork:
        return cast(LabelNetwork, self.network_)

    def _score(self, X) -> tuple[np.ndarray, np.ndarray]:
        """Scores, and which positions are none of padding."""
        scores = self._predict_scores(X)
        shape = len(scores), scores.shape[2]
        n_labels = self._count_labels(X, self._label_network.crop)
        return scores, np.arange(shape[1]) < n_labels[:, np.newaxis]

    def _predict_codes(self, X) -> tuple[np.ndarray, np.ndarray]:
        scores, mask = self._score(X)
        has_crf = self._label_network.crf is not None
        codes = self._with_crf("decode", scores, mask) if has_crf else scores.argmax(axis=1)
        return np.where(mask, codes, 0), mask

    def _with_crf(self, method: str, scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Apply a method of the conditional random field in blocks of sequences."""
        crf = cast(CRF, self._label_network.crf)
        compute = getattr(crf, method)
        device = crf.start.device
        with torch.no_grad():
            parts = [
                compute(
                    *(torch.from_numpy(a[i : i + _CRF_ROWS]).to(device) for a in (scores, mask))
                )
                for i in range(0, len(scores), _CRF_ROWS)
            ]
        return torch.cat(parts).cpu().numpy()

    def _describe_outputs(self) -> LabelOutputs:
        """Describe what `_predict_scores` returns."""
        return LabelOutputs(
            tuple(self.classes_.tolist()), size=self.length_ - 2 * self._label_network.crop
        )

    def _make_loss(self):
        if self.crf:
            return CRFLoss(cast(CRF, self._label_network.crf))
        loss = choose_loss(self.loss, CLASS_LOSSES)
        return WeightedLoss(loss, is_one_of_many=True)

    def _expect_targets(self, n_outputs: int, n_bins: int | None) -> None:
        super()._expect_targets(n_outputs, n_bins)
        self.transitions_ = None

    def _network_params(self):
        return super()._network_params() | {
            "crop": self.crop,
            "crf": self.crf,
            "transitions": self.transitions_,
            "swap_classes": self._swap_classes(),
        }

    def _swap_classes(self) -> tuple[int, ...] | None:
        """Index of the class that each one becomes on the reverse strand."""
        if not self.strand_labels:
            return None
        labels = self.classes_.tolist()
        pairs = dict(zip(labels, labels, strict=True)) | dict(self.strand_labels)
        unpaired = [label for label, other in pairs.items() if pairs.get(other) != label]
        if unpaired or len(pairs) > len(labels):
            raise ValueError(
                f"strand_labels={self.strand_labels!r} must pair labels of y, which "
                f"are {labels}: give both ways, such as {{'+': '-', '-': '+'}}"
            )
        return tuple(labels.index(pairs[label]) for label in labels)

    def _check_settings(self) -> None:
        super()._check_settings()
        check_integer("crop", self.crop, 0)
        if self.crf and self.reverse_complement in ("average", "tied"):
            raise ValueError(
                f"crf=True reads labels in one direction, so that reverse_complement="
                f"{self.reverse_complement!r} cannot make predictions symmetric; use None or "
                "'augment'"
            )
        if self.crf and (self.loss != "cross_entropy" or self.class_weight is not None):
            raise ValueError(
                "crf=True has a loss of its own; leave loss='cross_entropy' and class_weight=None"
            )
