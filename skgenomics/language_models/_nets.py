"""skorch nets of language models: the loss of a batch, embeddings and likelihoods."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from skgenomics.language_models._masking import Masking, split_into_passes
from skgenomics.language_models._vocabulary import Symbols
from skgenomics.networks._heads import masked_max, masked_mean
from skgenomics.networks.language_model import Sites
from skgenomics.training import Net
from skgenomics.training._augmenter import Augmenter
from skgenomics.training.batches import real_positions, to_channels

# Positions in a batch of predictions: their activations fit in the cache.
_POSITIONS_PER_BATCH = 1 << 16
# Outputs per position above which a batch of predictions has proportionally fewer positions.
_MAX_OUTPUTS = 64


class LanguageNet(Net):
    """A net whose module is a :class:`~skgenomics.networks.language_model.LanguageModelNetwork`.

    A subclass chooses the positions to predict (`_make_task`) and computes `log_likelihoods`.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    vocabulary : Symbols
        Content of a position.
    n_channels : int
        Channels of a position.
    augmentation : Augmenter
        Random reverse complement of training batches.
    average_strands : bool
        Whether predictions are averaged over both strands.
    **kwargs
        Settings of :class:`skorch.NeuralNet`.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        vocabulary: Symbols,
        n_channels: int,
        augmentation: Augmenter,
        average_strands: bool,
        **kwargs,
    ):
        super().__init__(module, **kwargs)
        self.vocabulary = vocabulary
        self.n_channels = n_channels
        self.augmentation = augmentation
        self.average_strands = average_strands

    def infer(self, x: dict, **fit_params) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Compute scores, targets and weights of the positions to predict in a batch."""
        weight = x["weight"].to(self.device)
        inputs, mask = self.to_input(x["x"])
        generator = None
        if self.module_.training:
            inputs, mask, _ = self.augmentation.flip_randomly(inputs, mask)
        else:
            # The validation loss is computed with the same masks in every epoch.
            generator = torch.Generator(self.device).manual_seed(0)
        masked, positions = self._make_task(inputs, generator)
        scores = self.module_(masked, mask, positions)
        weight = weight[positions[0]] if weight.dim() == 1 else weight[positions]
        return scores, self.vocabulary.targets(inputs, positions), weight

    def get_loss(self, y_pred, y_true, X=None, training=False) -> torch.Tensor:
        """Compute the weighted mean loss, plus the penalty on the parameters in training."""
        scores, targets, weight = y_pred
        losses = self.vocabulary.losses(scores, targets)
        loss = (losses * weight).sum() / weight.sum().clamp(min=torch.finfo(weight.dtype).tiny)
        if training and self.penalty is not None:
            loss = loss + self.penalty(self.module_)
        return loss

    def _make_task(
        self, x: torch.Tensor, generator: torch.Generator | None
    ) -> tuple[torch.Tensor, Sites]:
        """Give the input of the module and the positions to predict from it."""
        raise NotImplementedError

    def log_likelihoods(
        self, x: torch.Tensor, mask: torch.Tensor | None, n_passes: int | None
    ) -> torch.Tensor:
        """Compute log-likelihoods of shape (batch, length), zero at unknown positions."""
        raise NotImplementedError

    def to_input(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Convert codes to channels on the device, and give the mask of real positions."""
        x = x.to(self.device)
        if x.dtype == torch.int32:
            return x, x != 0
        dtype = next(self.module_.parameters()).dtype
        return to_channels(x, self.n_channels, dtype), real_positions(x, self.n_channels)

    @torch.no_grad()
    def map_rows(
        self, compute: Callable, data: np.ndarray, *others: np.ndarray
    ) -> Iterator[np.ndarray]:
        """Apply a function to batches of samples, in evaluation mode."""
        self.module_.eval()
        for rows in self._batches(data):
            x, mask = self.to_input(torch.from_numpy(data[rows].copy()))
            rest = (torch.from_numpy(a[rows].copy()).to(self.device) for a in others)
            yield compute(x, mask, *rest).cpu().numpy()

    def _batches(self, data: np.ndarray) -> Iterator[slice]:
        width = data.shape[1] * max(1, self.vocabulary.n_outputs // _MAX_OUTPUTS)
        step = max(1, _POSITIONS_PER_BATCH // width)
        return (slice(i, i + step) for i in range(0, len(data), step))

    def embed(self, x: torch.Tensor, mask: torch.Tensor | None, pooling: str) -> torch.Tensor:
        """Embed sequences (batch, n_features), or positions (batch, length, n_features)."""
        embeddings = self._embed(x, mask, pooling)
        if not self.average_strands:
            return embeddings
        reverse = self._embed(*self.augmentation.other_strand(x, mask), pooling)
        return (embeddings + (reverse.flip(1) if pooling == "none" else reverse)) / 2

    def _embed(self, x: torch.Tensor, mask: torch.Tensor | None, pooling: str) -> torch.Tensor:
        maps, real = self.module_.trunk(x, mask)
        if pooling == "mean":
            return masked_mean(maps, real)
        if pooling == "max":
            return masked_max(maps, real)
        return maps.transpose(1, 2)


class MaskedNet(LanguageNet):
    """A net that predicts masked positions from both flanks."""

    masking = Masking(0.0)

    def _make_task(
        self, x: torch.Tensor, generator: torch.Generator | None
    ) -> tuple[torch.Tensor, Sites]:
        chosen = self.masking.choose(self.vocabulary.known(x), generator)
        return self.masking.corrupt(self.vocabulary, x, chosen, generator), _positions(chosen)

    def log_likelihoods(
        self, x: torch.Tensor, mask: torch.Tensor | None, n_passes: int | None
    ) -> torch.Tensor:
        """Compute pseudo-log-likelihoods of shape (batch, length), zero at unknown positions."""
        found = torch.zeros(len(x), x.shape[-1], dtype=self._dtype(), device=x.device)
        for positions, scores in self.score_masked(x, mask, self.vocabulary.known(x), n_passes):
            targets = self.vocabulary.targets(x, positions)
            found[positions] = -self.vocabulary.losses(scores, targets)
        return found

    def score_masked(
        self,
        x: torch.Tensor,
        mask: torch.Tensor | None,
        wanted: torch.Tensor,
        n_passes: int | None,
    ) -> Iterator[tuple[Sites, torch.Tensor]]:
        """Iterate over positions and their scores while these positions are masked."""
        for chosen in split_into_passes(wanted, n_passes):
            positions = _positions(chosen)
            yield positions, self.score(self.vocabulary.hide(x, chosen), mask, positions)

    def predict(
        self,
        x: torch.Tensor,
        mask: torch.Tensor | None,
        wanted: torch.Tensor,
        n_passes: int | None,
    ) -> torch.Tensor:
        """Predict the wanted positions and repeat what is known of all others.

        The result has the shape (batch, length, n_outputs). With ``n_passes=1`` all wanted
        positions are masked at once.
        """
        found = self.vocabulary.observed(x).to(self._dtype()).clone()
        for positions, scores in self.score_masked(x, mask, wanted, n_passes):
            found[positions] = self.vocabulary.predictions(scores)
        return found

    def score(self, x: torch.Tensor, mask: torch.Tensor | None, positions: Sites) -> torch.Tensor:
        """Compute the scores of some positions, averaged over both strands if wanted."""
        scores = self.module_(x, mask, positions)
        if not self.average_strands:
            return scores
        rows, columns = positions
        other, other_mask = self.augmentation.other_strand(x, mask)
        reverse = self.module_(other, other_mask, (rows, x.shape[-1] - 1 - columns))
        return (scores + reverse[:, list(self.augmentation.complement or ())]) / 2

    def _dtype(self) -> torch.dtype:
        return next(self.module_.parameters()).dtype


class CausalNet(LanguageNet):
    """A net that predicts each position from those before it."""

    def _make_task(
        self, x: torch.Tensor, generator: torch.Generator | None
    ) -> tuple[torch.Tensor, Sites]:
        return x, _positions(self.vocabulary.known(x))

    def log_likelihoods(
        self, x: torch.Tensor, mask: torch.Tensor | None, n_passes: int | None = None
    ) -> torch.Tensor:
        """Compute log-likelihoods of shape (batch, length), zero at unknown positions."""
        forward = self._log_likelihoods(x, mask)
        if not self.average_strands:
            return forward
        reverse = self._log_likelihoods(*self.augmentation.other_strand(x, mask))
        return (forward + reverse.flip(1)) / 2

    def _log_likelihoods(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        inputs, positions = self._make_task(x, None)
        scores = self.module_(inputs, mask, positions)
        found = torch.zeros(len(x), x.shape[-1], dtype=scores.dtype, device=x.device)
        found[positions] = -self.vocabulary.losses(scores, self.vocabulary.targets(x, positions))
        return found

    @torch.no_grad()
    def generate(self, codes: np.ndarray, start: int, temperature: float, seed: int) -> None:
        """Overwrite the columns of codes or tokens from `start` on by samples."""
        self.module_.eval()
        generator = torch.Generator(self.device).manual_seed(seed)
        for rows in self._batches(codes):
            self._generate(codes[rows], start, temperature, generator)

    def _generate(
        self, codes: np.ndarray, start: int, temperature: float, generator: torch.Generator
    ) -> None:
        rows = torch.arange(len(codes), device=self.device)
        for column in range(start, codes.shape[1]):
            x, _ = self.to_input(torch.from_numpy(codes[:, : column + 1].copy()))
            # The last position is still unknown, but it is not padding.
            scores = self.module_(x, None, (rows, torch.full_like(rows, column)))
            proba = self._exclude_special_tokens(scores / temperature).softmax(dim=1)
            drawn = torch.multinomial(proba, 1, generator=generator)
            codes[:, column] = drawn[:, 0].cpu().numpy()

    def _exclude_special_tokens(self, scores: torch.Tensor) -> torch.Tensor:
        """Set the scores of special tokens, which are never trained, to minus infinity."""
        n_special = getattr(self.vocabulary, "mask_token", -1) + 1
        return scores.index_fill(1, torch.arange(n_special, device=scores.device), -torch.inf)


def _positions(chosen: torch.Tensor) -> Sites:
    """Give the rows and columns of the chosen positions."""
    rows, columns = chosen.nonzero(as_tuple=True)
    return rows, columns
