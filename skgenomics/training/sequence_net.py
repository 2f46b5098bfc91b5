"""The net of estimators that read sequences: strands, augmentation and scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from skgenomics.networks._padding import takes_mask
from skgenomics.training._augmenter import Augmenter
from skgenomics.training.batches import BatchLoader, SequenceDataset, real_positions, to_channels
from skgenomics.training.net import PREDICTION_POSITIONS, Net


class SequenceNet(Net):
    """A skorch net that reads codes or channels.

    A batch is a dict of ``x``, ``weight`` and ``extra_inputs`` of the module, with a tensor of
    targets. Codes become one-hot vectors here, batch by batch, on the device, and a mask of real
    positions, which a module gets that has a parameter ``mask``. Loss and optimizer are set by
    :meth:`prepare`.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    n_channels : int
        Channels of a position.
    score_shape : tuple of int or None
        Shape of the scores of one sequence; None for an axis of any size.
    by_position : bool
        If True, scores belong to positions; the module then has a method `turn_strand` that
        reorders those of the reverse strand.
    average_strands : bool
        If True, predictions are averaged over both strands.
    masked : bool, default=False
        If True, the padding of codes is masked; otherwise it is read like unknown bases.
    augmentation : Augmenter or None, default=None
        Changes of the sequences in training.
    **kwargs
        Settings of :class:`skorch.NeuralNet`.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        n_channels: int,
        score_shape: tuple[int | None, ...],
        by_position: bool = False,
        average_strands: bool = False,
        masked: bool = False,
        augmentation: Augmenter | None = None,
        **kwargs,
    ):
        super().__init__(module, **kwargs)
        self.n_channels = n_channels
        self.score_shape = score_shape
        self.by_position = by_position
        self.average_strands = average_strands
        self.masked = masked
        self.augmentation = augmentation

    def infer(self, x, **fit_params) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Compute the scores of a batch, and in training the auxiliary outputs of the module.

        Parameters
        ----------
        x : dict
            Batch with the input ``x`` and ``extra_inputs`` of the module.
        **fit_params
            Ignored.

        Returns
        -------
        Tensor of shape (batch, ...), or tuple
            Raw scores; a tuple of them and of auxiliary outputs if the module returns one.
        """
        extra = {k: values.to(self.device) for k, values in x.get("extra_inputs", {}).items()}
        x, mask = self.to_input(x["x"])
        is_sequence = torch.is_floating_point(x)
        if not self.module_.training:
            score = self.score_channels if is_sequence else self._score
            return score(x, mask, **extra)
        if not is_sequence:
            scores, auxiliary = self._score_all(x, mask, **extra)
        else:
            augmentation = cast(Augmenter, self.augmentation)
            x, mask, flipped = augmentation.flip_randomly(x, mask)
            x = augmentation.change(x, mask)
            scores, auxiliary = self._score_all(x, mask, **extra)
            scores = self._turn_back(scores, flipped)
        return (scores, *auxiliary) if auxiliary else scores

    def score_channels(
        self, x: torch.Tensor, mask: torch.Tensor | None = None, **extra: torch.Tensor
    ) -> torch.Tensor:
        """Compute the scores of channels, averaged over both strands if the net does so.

        Parameters
        ----------
        x : Tensor of shape (batch, n_channels, length)
            Input of the module.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding; None if there is none.
        **extra : Tensor
            Further inputs of the module.

        Returns
        -------
        Tensor of shape (batch, ...)
            Raw scores.
        """
        if not self.average_strands:
            return self._score(x, mask, **extra)
        other = self._score(*cast(Augmenter, self.augmentation).other_strand(x, mask), **extra)
        if self.by_position:
            other = self.module_.turn_strand(other)
        return (self._score(x, mask, **extra) + other) / 2

    def to_input(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Convert a batch to the input of the module, on its device.

        Parameters
        ----------
        x : Tensor of shape (batch, ...)
            Codes, tokens or flat channels.

        Returns
        -------
        x : Tensor of shape (batch, n_channels, length), or of int of shape (batch, length)
            Channels; token ids as they are, and images as floats.
        mask : Tensor of bool of shape (batch, length), or None
            False at padding; None if there is none.
        """
        x = x.to(self.device)
        if x.dtype == torch.int32:
            return x, None
        if x.dim() == 4:
            return x.to(next(self.module_.parameters()).dtype), None
        mask = real_positions(x, self.n_channels) if self.masked else None
        return to_channels(x, self.n_channels, next(self.module_.parameters()).dtype), mask

    def _turn_back(self, scores: torch.Tensor, flipped: torch.Tensor) -> torch.Tensor:
        """Bring scores by position of the reverse strand into the order of this one."""
        if not (self.by_position and flipped.any()):
            return scores
        return torch.where(flipped[:, None, None], self.module_.turn_strand(scores), scores)

    def _score(
        self, x: torch.Tensor, mask: torch.Tensor | None = None, **extra: torch.Tensor
    ) -> torch.Tensor:
        return self._score_all(x, mask, **extra)[0]

    def _score_all(
        self, x: torch.Tensor, mask: torch.Tensor | None, **extra: torch.Tensor
    ) -> tuple[torch.Tensor, tuple]:
        """Compute scores, of which the shape is checked, and auxiliary outputs."""
        try:
            scores = self._call(x, mask, **extra)
        except Exception as error:
            error.add_note(f"{self._describe_input(x)} when this error occurred")
            raise
        auxiliary: tuple = ()
        if isinstance(scores, tuple | list):
            scores, *rest = scores
            auxiliary = tuple(rest)
        if not isinstance(scores, torch.Tensor):
            raise ValueError(
                f"the network gives {type(scores).__name__} instead of a tensor of scores; "
                + self._describe_input(x)
            )
        # Sizes come from `shape`, since `len` fixes the size of the batch in an exported graph.
        n = x.shape[0]
        if scores.dim() == 1 and scores.shape[0] == n and self.score_shape == (1,):
            return scores.unsqueeze(1), auxiliary
        if scores.dim() == 0 or scores.shape[0] != n or not self._is_expected(scores.shape[1:]):
            raise ValueError(
                f"the network gives scores of shape {tuple(scores.shape)} for {len(x)} sequences, "
                f"but ({len(x)}, n_outputs={', '.join(map(str, self.score_shape))}) is needed: one "
                "score for two classes, else one per class, task or target; "
                + self._describe_input(x)
            )
        return scores, auxiliary

    def _call(
        self, x: torch.Tensor, mask: torch.Tensor | None, **extra: torch.Tensor
    ) -> torch.Tensor:
        """Call the module, with the mask if it takes one."""
        if mask is not None and takes_mask(self.module_):
            extra["mask"] = mask
        return self.module_(x, **extra)

    def _is_expected(self, shape: torch.Size) -> bool:
        """Return True if scores of a sequence have the expected shape."""
        pairs = zip(shape, self.score_shape, strict=False)
        is_equal = all(wanted in (size, None) for size, wanted in pairs)
        return len(shape) == len(self.score_shape) and is_equal

    def _describe_input(self, x: torch.Tensor) -> str:
        axes = "(batch, n_tokens)" if x.dtype == torch.int32 else "(batch, n_channels, length)"
        if x.dim() == 4:
            axes = "(batch, n_channels, height, width)"
        return f"{type(self.module_).__name__} was given a tensor of shape {tuple(x.shape)}, {axes}"

    def get_loss(self, y_pred, y_true, X=None, training=False) -> torch.Tensor:
        """Compute the weighted loss of a batch, with the penalty on the weights in training.

        Parameters
        ----------
        y_pred : Tensor of shape (batch, ...)
            Raw scores.
        y_true : Tensor of shape (batch, ...)
            Targets.
        X : dict
            Batch with the ``weight`` of the samples.
        training : bool, default=False
            True for training.

        Returns
        -------
        Tensor
            Scalar loss.
        """
        auxiliary: list[torch.Tensor] = []
        if isinstance(y_pred, tuple):
            y_pred, *auxiliary = y_pred
            if not getattr(self.criterion_, "takes_auxiliary", False):
                raise ValueError(
                    f"{type(self.module_).__name__} returns {len(auxiliary)} auxiliary output(s) "
                    "behind the scores, which the loss does not take; pass loss=function with "
                    "function(scores, y, *auxiliary), or return the scores alone"
                )
        targets, weight = y_true.to(self.device), X["weight"].to(self.device)
        loss = self.criterion_(y_pred, targets, weight, *auxiliary)
        if training and self.penalty is not None:
            loss = loss + self.penalty(self.module_)
        return loss

    def predict(self, X) -> np.ndarray:
        """Predict encoded targets, for the scoring callbacks of skorch.

        Parameters
        ----------
        X : SequenceDataset
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, ...)
            Targets as the loss takes them.
        """
        scores = self.forward(X).cpu()
        if self.criterion_.is_binary:
            return (scores > 0).int().numpy()
        return (scores.argmax(dim=1) if self.criterion_.is_one_of_many else scores).numpy()

    def predict_scores(
        self, X: np.ndarray, extra_inputs: dict[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """Compute raw scores.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...)
            Codes, tokens or flat channels.
        extra_inputs : dict of str to ndarray, default=None
            Further inputs of the module.

        Returns
        -------
        ndarray of shape (n_samples, ...)
            Raw scores, in the type of the parameters.
        """
        return self.forward(SequenceDataset(X, extra_inputs=extra_inputs)).cpu().numpy()

    def forward(self, X, training=False, device="cpu"):
        """Compute the scores of all samples, in their order.

        Parameters
        ----------
        X : SequenceDataset
            Samples.
        training : bool, default=False
            True to keep the module in training mode.
        device : str, default="cpu"
            Device of the result.

        Returns
        -------
        Tensor of shape (n_samples, ...)
            Raw scores.
        """
        scores = super().forward(X, training=training, device=device)
        lengths = None if training else self._lengths(X)
        if lengths is None:
            return scores
        # Batches were made by length.
        order = torch.from_numpy(np.concatenate(self._loader(X, lengths)._batches()))
        restored = torch.empty_like(scores)
        restored[order.to(scores.device)] = scores
        return restored

    def get_iterator(self, dataset, training=False) -> BatchLoader:
        """Make batches of a dataset, of similar length if the module reads any.

        Parameters
        ----------
        dataset : SequenceDataset
            Samples.
        training : bool, default=False
            True for training.

        Returns
        -------
        BatchLoader
            Iterable of batches.
        """
        lengths = self._lengths(dataset)
        if lengths is None:
            return super().get_iterator(dataset, training)
        if not training:
            return self._loader(dataset, lengths)
        return BatchLoader(
            dataset,
            self.batch_size,
            shuffle=True,
            balanced=self.balanced,
            lengths=lengths,
            min_length=self._min_length(),
        )

    def _loader(self, dataset, lengths: np.ndarray) -> BatchLoader:
        return BatchLoader(
            dataset,
            len(dataset),
            lengths=lengths,
            min_length=self._min_length(),
            max_positions=PREDICTION_POSITIONS,
        )

    def _min_length(self) -> int:
        trunk: Any = getattr(self.module_, "trunk", None)
        return int(getattr(trunk, "shortest", 1))

    def _lengths(self, dataset) -> np.ndarray | None:
        """Lengths of sequences to make batches by; None if padding cannot be cropped.

        Targets of positions are padded to one length, and so are sequences for networks with
        weights for each position.
        """
        X = dataset.X
        is_able = self.masked is True and getattr(self.module_, "any_length", False)
        if not is_able or self.by_position or getattr(X, "dtype", None) != np.uint8:
            return None
        lengths = dataset.lengths(self.n_channels + 1)
        return None if lengths.min() == X.shape[1] else lengths

    @torch.no_grad()
    def map_batches(
        self,
        X: np.ndarray,
        compute: Callable,
        extra_inputs: dict[str, np.ndarray] | None = None,
    ) -> Iterator:
        """Apply a function to each batch of inputs of the module, in evaluation mode.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...)
            Codes, tokens or flat channels.
        compute : callable
            Function of the input of the module, of its mask and of further inputs by name.
        extra_inputs : dict of str to ndarray, default=None
            Further inputs of the module.

        Yields
        ------
        object
            Result of the function for each batch.
        """
        self.module_.eval()
        # In the order of X, and padded to one length: results may be of positions.
        for batch, _ in super().get_iterator(SequenceDataset(X, extra_inputs=extra_inputs)):
            given: Any = batch.get("extra_inputs", {})
            extra = {name: values.to(self.device) for name, values in given.items()}
            yield compute(*self.to_input(batch["x"]), **extra)
