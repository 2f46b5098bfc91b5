"""The skorch nets of language models: what a batch costs, and what is asked after training."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from skgenomics.language_models._checkpoints import CheckpointedTraining
from skgenomics.language_models._masking import Masking, in_turn
from skgenomics.language_models._vocabulary import Letters
from skgenomics.networks._heads import masked_max, masked_mean
from skgenomics.networks.language_model import Places
from skgenomics.training import Augmentation, Net
from skgenomics.training.batches import to_channels

# Positions in a batch where nothing is trained: they fit in the cache.
_POSITIONS = 1 << 16
_MAX_OUTPUTS = 64


class LanguageNet(CheckpointedTraining, Net):
    """A net whose module is a :class:`~skgenomics.networks.language_model.LanguageModelNetwork`.

    A subclass says what is asked for of a batch (`_ask`), and `log_likelihoods`.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    contents : Letters
        What positions hold.
    n_channels : int
        Channels of a position.
    augmentation : Augmentation
        How sequences become those of the other strand.
    average_strands : bool
        Whether both strands are asked, and the mean is taken.
    **kwargs
        Settings of :class:`skorch.NeuralNet`.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        contents: Letters,
        n_channels: int,
        augmentation: Augmentation,
        average_strands: bool,
        **kwargs,
    ):
        super().__init__(module, **kwargs)
        self.contents = contents
        self.n_channels = n_channels
        self.augmentation = augmentation
        self.average_strands = average_strands

    def infer(self, x: dict, **fit_params) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Scores, targets and weights of the positions of a batch that are asked for."""
        weight = x["weight"].to(self.device)
        x = self.to_input(x["x"])
        generator = None
        if self.module_.training:
            x, _ = self.augmentation.flip_randomly(x)
        else:
            # The validation loss is that of the same masks in every epoch.
            generator = torch.Generator(self.device).manual_seed(0)
        asked, places = self._ask(x, generator)
        scores = self.module_(asked, self.module_.mask(x), places)
        weight = weight[places[0]] if weight.dim() == 1 else weight[places]
        return scores, self.contents.targets(x, places), weight

    def get_loss(self, y_pred, y_true, X=None, training=False) -> torch.Tensor:
        """Mean loss of what was asked for, and in training the penalty on the weights."""
        scores, targets, weight = y_pred
        losses = self.contents.losses(scores, targets)
        loss = (losses * weight).sum() / weight.sum().clamp(min=torch.finfo(weight.dtype).tiny)
        if training and self.penalty is not None:
            loss = loss + self.penalty(self.module_)
        return loss

    def _ask(self, x: torch.Tensor, generator) -> tuple[torch.Tensor, Places]:
        """A batch as the module gets it, and the positions that it is asked for."""
        raise NotImplementedError

    def log_likelihoods(self, x: torch.Tensor, n_passes: int | None) -> torch.Tensor:
        """Log-likelihood of each position given others, (batch, length); zero at unknown ones."""
        raise NotImplementedError

    def to_input(self, x: torch.Tensor) -> torch.Tensor:
        """What the module takes: channels, or token ids as they are."""
        x = x.to(self.device)
        if x.dtype == torch.int32:
            return x
        return to_channels(x, self.n_channels, next(self.module_.parameters()).dtype)

    @torch.no_grad()
    def map_rows(self, compute: Callable, data: np.ndarray, *others: np.ndarray) -> Iterator:
        """What a function makes of each batch of rows, in evaluation mode, as arrays."""
        self.module_.eval()
        for rows in self._batches(data):
            x = self.to_input(torch.from_numpy(data[rows].copy()))
            rest = (torch.from_numpy(a[rows].copy()).to(self.device) for a in others)
            yield compute(x, *rest).cpu().numpy()

    def _batches(self, data: np.ndarray) -> Iterator[slice]:
        width = data.shape[1] * max(1, self.contents.n_outputs // _MAX_OUTPUTS)
        step = max(1, _POSITIONS // width)
        return (slice(i, i + step) for i in range(0, len(data), step))

    def embed(self, x: torch.Tensor, pooling: str) -> torch.Tensor:
        """Vectors of sequences (batch, n_features), or of positions (batch, length, n_features)."""
        vectors = self._embed(x, pooling)
        if not self.average_strands:
            return vectors
        other = self._embed(self.augmentation.other_strand(x), pooling)
        return (vectors + (other.flip(1) if pooling == "none" else other)) / 2

    def _embed(self, x: torch.Tensor, pooling: str) -> torch.Tensor:
        maps, real = self.module_.trunk(x, self.module_.mask(x))
        if pooling == "mean":
            return masked_mean(maps, real)
        if pooling == "max":
            return masked_max(maps, real)
        return maps.transpose(1, 2)


class MaskedNet(LanguageNet):
    """Guesses what was hidden from what stands around it."""

    masking = Masking(0.0)

    def _ask(self, x, generator):
        chosen = self.masking.choose(self.contents.known(x), generator)
        asked = self.masking.corrupt(self.contents, x, chosen, generator)
        return asked, chosen.nonzero(as_tuple=True)

    def log_likelihoods(self, x, n_passes):
        found = torch.zeros(len(x), x.shape[-1], dtype=self._dtype(), device=x.device)
        for places, scores in self.ask_in_turn(x, self.contents.known(x), n_passes):
            found[places] = -self.contents.losses(scores, self.contents.targets(x, places))
        return found

    def ask_in_turn(
        self, x: torch.Tensor, wanted: torch.Tensor, n_passes: int | None, mask=None
    ) -> Iterator[tuple[Places, torch.Tensor]]:
        """Places, and the scores at them while they are hidden."""
        mask = self.module_.mask(x) if mask is None else mask
        for chosen in in_turn(wanted, n_passes):
            places = chosen.nonzero(as_tuple=True)
            yield places, self.score(self.contents.hide(x, chosen), mask, places)

    def predict(
        self, x: torch.Tensor, wanted: torch.Tensor, n_passes: int | None, mask=None
    ) -> torch.Tensor:
        """What may stand at the wanted positions, and what does stand at others.

        Gives (batch, length, n_outputs). Wanted positions have all to be hidden if `n_passes` is 1.
        """
        found = self.contents.certain(x).to(self._dtype()).clone()
        for places, scores in self.ask_in_turn(x, wanted, n_passes, mask):
            found[places] = self.contents.predictions(scores)
        return found

    def score(self, x: torch.Tensor, mask: torch.Tensor | None, places: Places) -> torch.Tensor:
        """Scores at some places, over both strands if that is wanted."""
        scores = self.module_(x, mask, places)
        if not self.average_strands:
            return scores
        rows, columns = places
        other = self.module_(
            self.augmentation.other_strand(x),
            None if mask is None else mask.flip(1),
            (rows, x.shape[-1] - 1 - columns),
        )
        return (scores + other[:, list(self.augmentation.complement)]) / 2

    def _dtype(self) -> torch.dtype:
        return next(self.module_.parameters()).dtype


class CausalNet(LanguageNet):
    """Guesses each position from what stands in front of it."""

    def _ask(self, x, generator):
        return x, self.contents.known(x).nonzero(as_tuple=True)

    def log_likelihoods(self, x, n_passes=None):
        here = self._log_likelihoods(x)
        if not self.average_strands:
            return here
        return (here + self._log_likelihoods(self.augmentation.other_strand(x)).flip(1)) / 2

    def _log_likelihoods(self, x: torch.Tensor) -> torch.Tensor:
        asked, places = self._ask(x, None)
        scores = self.module_(asked, self.module_.mask(x), places)
        found = torch.zeros(len(x), x.shape[-1], dtype=scores.dtype, device=x.device)
        found[places] = -self.contents.losses(scores, self.contents.targets(x, places))
        return found

    @torch.no_grad()
    def continue_rows(self, codes: np.ndarray, start: int, temperature: float, seed: int) -> None:
        """Draw what stands in rows of codes or tokens from `start` on, in place."""
        self.module_.eval()
        generator = torch.Generator(self.device).manual_seed(seed)
        for rows in self._batches(codes):
            self._continue(codes[rows], start, temperature, generator)

    def _continue(self, codes: np.ndarray, start: int, temperature: float, generator) -> None:
        rows = torch.arange(len(codes), device=self.device)
        for column in range(start, codes.shape[1]):
            x = self.to_input(torch.from_numpy(codes[:, : column + 1].copy()))
            # The last position is still unknown, but no padding.
            real = torch.ones(codes[:, : column + 1].shape, dtype=torch.bool, device=self.device)
            scores = self.module_(x, real, (rows, torch.full_like(rows, column)))
            chances = self._drawable(scores / temperature).softmax(dim=1)
            drawn = torch.multinomial(chances, 1, generator=generator)
            codes[:, column] = drawn[:, 0].cpu().numpy()

    def _drawable(self, scores: torch.Tensor) -> torch.Tensor:
        """Scores that leave special tokens out, which were never asked for."""
        n_special = getattr(self.contents, "mask_token", -1) + 1
        return scores.index_fill(1, torch.arange(n_special, device=scores.device), -torch.inf)
