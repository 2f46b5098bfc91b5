"""The net of estimators that read sequences: strands, augmentation and scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from skgenomics.training._augmenter import Augmenter
from skgenomics.training.batches import SequenceDataset, to_channels
from skgenomics.training.net import Net


class SequenceNet(Net):
    """A skorch net that reads codes or channels.

    A batch is a dict of ``x``, ``weight`` and what else the module is ``given``, with a tensor of
    targets; one-hot vectors are made of the codes here, batch by batch, on the device.  What it
    trains with is set by :meth:`prepare`.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    n_channels : int
        Channels of a position.
    score_shape : tuple of int
        Shape of the scores of one sequence.
    by_position : bool
        Whether scores belong to positions; the module then has a method `turn_strand` that brings
        those of one strand into the order of the other.
    average_strands : bool
        Whether a prediction is the mean over both strands.
    **kwargs
        Settings of :class:`skorch.NeuralNet`.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        n_channels: int,
        score_shape: tuple[int, ...],
        by_position: bool = False,
        average_strands: bool = False,
        augmentation: Augmenter | None = None,
        **kwargs,
    ):
        super().__init__(module, **kwargs)
        self.n_channels = n_channels
        self.score_shape = score_shape
        self.by_position = by_position
        self.average_strands = average_strands
        self.augmentation = augmentation

    def infer(self, x, **fit_params) -> torch.Tensor:
        """Score a batch."""
        extra = {k: values.to(self.device) for k, values in x.get("extra_inputs", {}).items()}
        x = self._to_input(x["x"])
        if not torch.is_floating_point(x):
            return self._score(x, **extra)
        if self.module_.training:
            x, flipped = self.augmentation.flip_randomly(x)
            return self._turn_back(self._score(self.augmentation.change(x), **extra), flipped)
        return self.score_channels(x, **extra)

    def score_channels(self, x: torch.Tensor, **extra: torch.Tensor) -> torch.Tensor:
        """Scores of channels (batch, n_channels, length), over both strands if that is wanted."""
        if not self.average_strands:
            return self._score(x, **extra)
        other = self._score(self.augmentation.other_strand(x), **extra)
        if self.by_position:
            other = self.module_.turn_strand(other)
        return (self._score(x, **extra) + other) / 2

    def _to_input(self, x: torch.Tensor) -> torch.Tensor:
        """What the module takes: channels, or token ids as they are."""
        x = x.to(self.device)
        if x.dtype == torch.int32:
            return x
        return to_channels(x, self.n_channels, next(self.module_.parameters()).dtype)

    def _turn_back(self, scores: torch.Tensor, flipped: torch.Tensor) -> torch.Tensor:
        """Bring scores by position of the other strand into the order of this one."""
        if not (self.by_position and flipped.any()):
            return scores
        return torch.where(flipped[:, None, None], self.module_.turn_strand(scores), scores)

    def _score(self, x: torch.Tensor, **extra: torch.Tensor) -> torch.Tensor:
        try:
            scores = self.module_(x, **extra)
        except Exception as error:
            error.add_note(f"{self._describe_input(x)} when this error occurred")
            raise
        if scores.shape == (len(x),) and self.score_shape == (1,):
            return scores.unsqueeze(1)
        if scores.shape[1:] != self.score_shape or len(scores) != len(x):
            raise ValueError(
                f"the network gives scores of shape {tuple(scores.shape)} for {len(x)} sequences, "
                f"but ({len(x)}, n_outputs={', '.join(map(str, self.score_shape))}) is needed: one "
                "score for two classes, else one per class, task or target; "
                + self._describe_input(x)
            )
        return scores

    def _describe_input(self, x: torch.Tensor) -> str:
        axes = "(batch, n_tokens)" if x.dtype == torch.int32 else "(batch, n_channels, length)"
        return f"{type(self.module_).__name__} was given a tensor of shape {tuple(x.shape)}, {axes}"

    def get_loss(self, y_pred, y_true, X=None, training=False) -> torch.Tensor:
        """Weighted loss of a batch, and in training the penalty on the weights."""
        loss = self.criterion_(y_pred, y_true.to(self.device), X["weight"].to(self.device))
        if training and self.penalty is not None:
            loss = loss + self.penalty(self.module_)
        return loss

    def predict(self, X) -> np.ndarray:
        """Targets as the loss takes them, for the scoring callbacks of skorch."""
        scores = self.forward(X).cpu()
        if self.criterion_.is_binary:
            return (scores > 0).int().numpy()
        return (scores.argmax(dim=1) if self.criterion_.is_one_of_many else scores).numpy()

    def predict_scores(
        self, X: np.ndarray, extra_inputs: dict[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """Raw scores of shape (n, ...), in the type of the weights."""
        return self.forward(SequenceDataset(X, extra_inputs=extra_inputs)).cpu().numpy()

    @torch.no_grad()
    def map_batches(self, X: np.ndarray, compute: Callable) -> Iterator:
        """What a function makes of each batch as the module takes it, in evaluation mode."""
        self.module_.eval()
        for batch, _ in self.get_iterator(SequenceDataset(X)):
            yield compute(self._to_input(batch["x"]))
