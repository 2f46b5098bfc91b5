"""The skorch net that an estimator holds."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import EarlyStopping
from skorch.helper import predefined_split
from torch import nn

from skgenomics.training.augmentation import Augmentation
from skgenomics.training.batches import BatchLoader, SequenceDataset, to_channels
from skgenomics.training.penalties import Penalty

# Predictions are made in batches of about this many positions: they fit in the cache.
_PREDICTION_POSITIONS = 1 << 16


class _Stop(Exception):
    """Training ends here, since a callback says so."""


class SequenceNet(NeuralNet):
    """A skorch net that reads codes or channels.

    A batch is a dict of ``x`` and ``weight`` with a tensor of targets; one-hot vectors are
    made of the codes here, batch by batch, on the device.  What it trains with is set by
    :meth:`prepare`.

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
        augmentation: Augmentation | None = None,
        **kwargs,
    ):
        self.n_channels = n_channels
        self.score_shape = score_shape
        self.by_position = by_position
        self.average_strands = average_strands
        self.augmentation = augmentation
        self.penalty = None
        self.balanced = False
        self.frozen = ()
        kwargs = {"criterion": nn.Identity(), "train_split": None} | kwargs
        super().__init__(module, **kwargs)

    def infer(self, x, **fit_params) -> torch.Tensor:
        """Score a batch."""
        x = self._to_input(x["x"])
        if not torch.is_floating_point(x):
            return self._score(x)
        if self.module_.training:
            x, flipped = self.augmentation.flip_randomly(x)
            return self._turn_back(self._score(self.augmentation.change(x)), flipped)
        return self.score_channels(x)

    def score_channels(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of channels (batch, n_channels, length), over both strands if that is wanted."""
        if not self.average_strands:
            return self._score(x)
        other = self._score(self.augmentation.other_strand(x))
        if self.by_position:
            other = self.module_.turn_strand(other)
        return (self._score(x) + other) / 2

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

    def _score(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.module_(x)
        if scores.shape == (len(x),) and self.score_shape == (1,):
            return scores.unsqueeze(1)
        if scores.shape[1:] != self.score_shape or len(scores) != len(x):
            raise ValueError(
                f"the network gives scores of shape {tuple(scores.shape)} for {len(x)} sequences, "
                f"but ({len(x)}, n_outputs={', '.join(map(str, self.score_shape))}) is needed: one "
                "score for two classes, else one per class, task or target"
            )
        return scores

    def get_loss(self, y_pred, y_true, X=None, training=False) -> torch.Tensor:
        """Weighted loss of a batch, and in training the penalty on the weights."""
        loss = self.criterion_(y_pred, y_true.to(self.device), X["weight"].to(self.device))
        if training and self.penalty is not None:
            loss = loss + self.penalty(self.module_)
        return loss

    def prepare(
        self,
        loss: nn.Module,
        optimizer: Callable,
        augmentation: Augmentation,
        penalty: Penalty | None = None,
    ) -> None:
        """Set what to train with.

        Parameters
        ----------
        loss : torch.nn.Module
            Takes scores, targets and weights.
        optimizer : callable
            Takes the weights of the module, gives the optimiser.
        augmentation : Augmentation
            Changes of training batches.
        penalty : Penalty, optional
            Takes the module, gives what is added to the loss.
        """
        self.criterion_ = loss
        self.optimizer_ = optimizer([w for w in self.module_.parameters() if w.requires_grad])
        self.penalty = penalty
        self.augmentation = augmentation

    def train_on(
        self,
        dataset: SequenceDataset,
        valid: SequenceDataset | None = None,
        *,
        epochs: int,
        batch_size: int,
        callbacks: list,
        balanced: bool = False,
    ) -> None:
        """Train for some epochs; ``history`` is that of these epochs alone.

        Parameters
        ----------
        dataset, valid : SequenceDataset
            What to train on, and what to compute the validation loss on.
        epochs, batch_size : int
            Number of epochs, and of sequences in a batch.
        callbacks : list
            Callbacks of skorch.
        balanced : bool
            Whether batches have as many rows of each class.
        """
        # A schedule would go through the epochs of an earlier training again.
        self.initialize_history()
        self.batch_size, self.callbacks, self.balanced = batch_size, callbacks, balanced
        self.train_split = predefined_split(valid) if valid is not None else None
        self.initialize_callbacks()
        self.notify("on_train_begin", X=dataset, y=None)
        # Unlike skorch's own method this lets an interrupt by the user through.
        with contextlib.suppress(_Stop):
            self.fit_loop(dataset, epochs=epochs)
        self.notify("on_train_end", X=dataset, y=None)
        # The split holds the validation data, and early stopping a copy of the best weights.
        self.train_split = self.callbacks = None
        self.module_.eval()
        self.callbacks_ = [c for c in self.callbacks_ if not isinstance(c[1], EarlyStopping)]

    def notify(self, method_name, **cb_kwargs) -> None:
        """Call a method of all callbacks; those that stop early interrupt as if by a key."""
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt:
            if method_name == "on_epoch_end":
                raise _Stop from None
            raise

    def _set_training(self, training=True) -> None:
        super()._set_training(training)
        for module in self.frozen:
            module.eval()

    def predict(self, X) -> np.ndarray:
        """Targets as the loss takes them, for the scoring callbacks of skorch."""
        scores = self.forward(X).cpu()
        if self.criterion_.is_binary:
            return (scores > 0).int().numpy()
        return (scores.argmax(dim=1) if self.criterion_.is_one_of_many else scores).numpy()

    def predict_scores(self, X: np.ndarray) -> np.ndarray:
        """Raw scores of shape (n, ...), in the type of the weights."""
        return self.forward(SequenceDataset(X)).cpu().numpy()

    @torch.no_grad()
    def map_batches(self, X: np.ndarray, compute: Callable) -> Iterator:
        """What a function makes of each batch as the module takes it, in evaluation mode."""
        self.module_.eval()
        for batch, _ in self.get_iterator(SequenceDataset(X)):
            yield compute(self._to_input(batch["x"]))

    def get_iterator(self, dataset, training=False) -> BatchLoader:
        """Batches of a dataset: shuffled ones to train, large ones to predict."""
        if training:
            return BatchLoader(dataset, self.batch_size, shuffle=True, balanced=self.balanced)
        width = max(1, dataset.X.shape[1])
        return BatchLoader(dataset, max(1, _PREDICTION_POSITIONS // width))

    def set_learning_rate(self, learning_rate: float) -> None:
        """Set the learning rate where a schedule left another one behind."""
        for group in self.optimizer_.param_groups:
            group["lr"] = learning_rate

    def weights(self) -> dict[str, np.ndarray]:
        """Weights of the module as numpy arrays, by their names."""
        state = self.module_.state_dict()
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in state.items()}

    def load_weights(self, weights: dict[str, np.ndarray]) -> None:
        """Take over what :meth:`weights` gave."""
        self.module_.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in weights.items()})


def resolve_device(device: str, *, fall_back: bool = False) -> str:
    """Turn "auto" into the best device there is, and check that a named one is there.

    Parameters
    ----------
    device : str
        "cpu", "cuda", "cuda:1", ... or "auto".
    fall_back : bool, default=False
        Whether a missing CUDA device becomes the CPU with a warning, instead of an error.
    """
    device = str(device)
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device).type
    except (RuntimeError, TypeError):
        raise ValueError(f"device must be 'cpu', 'cuda' or 'auto', got {device!r}") from None
    if kind != "cuda" or torch.cuda.is_available():
        return device
    if not fall_back:
        raise ValueError(
            f"device={device!r}, but torch finds no CUDA device here; use device='auto' or 'cpu'"
        )
    warnings.warn(
        f"the estimator was trained on {device!r}, which is not available here; it uses the CPU",
        stacklevel=3,
    )
    return "cpu"


@contextlib.contextmanager
def isolated_rng(seed: int, device: str) -> Iterator[None]:
    """Seed torch for a block, and give it its random state back afterwards."""
    devices = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
