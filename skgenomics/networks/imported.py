"""Networks that were trained elsewhere, with the input and output of those of this package."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

LAYOUTS = ("NCL", "NLC", "NC1L")
OUTPUTS = ("scores", "probabilities", "rates")


class ImportedNetwork(nn.Module):
    """A trained module with the input and output of a network of this package.

    The parameters of the module are copied, in float64 if they have this type and in float32
    otherwise. With the default settings the output is that of the module, bit by bit.

    Parameters
    ----------
    module : torch.nn.Module
        Trained module.
    channels : sequence of int or None, default=None
        Index of the symbol that each input channel of the module stands for; None for the order
        of the alphabet.
    layout : {"NCL", "NLC", "NC1L"}, default="NCL"
        Axes of its input: batch (N), channels (C) and positions (L), and one of size 1.
    output : {"scores", "probabilities", "rates"}, default="scores"
        Scale of its output. The network returns log-odds or logarithms of probabilities, and
        logarithms of rates.
    order : sequence of int or None, default=None
        Indices of the outputs of the module, in the order of those of the network; None to keep
        their order.
    negated : bool, default=False
        If True, the sign of the scores is changed: the module scores the first of two classes.
    is_exclusive : bool, default=True
        If True, several probabilities are those of one class out of many; otherwise each is that
        of one task.
    by_position : bool, default=False
        If True, outputs have an axis of positions or bins.
    output_layout : {"NCL", "NLC"}, default="NCL"
        Axes of the output of the module by position.
    crop : int, default=0
        Number of positions at each end that have no outputs.
    has_counts : bool, default=False
        If True, the output is a profile and the logarithm of one plus its total: a tuple, or one
        tensor with the totals in the last column.
    """

    crf = None

    def __init__(
        self,
        module: nn.Module,
        *,
        channels: Sequence[int] | None = None,
        layout: str = "NCL",
        output: str = "scores",
        order: Sequence[int] | None = None,
        negated: bool = False,
        is_exclusive: bool = True,
        by_position: bool = False,
        output_layout: str = "NCL",
        crop: int = 0,
        has_counts: bool = False,
    ):
        super().__init__()
        weights = list(module.parameters())
        if not weights:
            raise ValueError(f"{type(module).__name__} has no parameters, so it was not trained")
        dtype = torch.float64 if weights[0].dtype == torch.float64 else torch.float32
        self.module = copy.deepcopy(module).to("cpu", dtype).eval()
        self.channels = _as_list(channels)
        self.layout, self.output = layout, output
        self.order, self.negated, self.is_exclusive = _as_list(order), negated, is_exclusive
        self.by_position, self.output_layout = by_position, output_layout
        self.crop, self.has_counts = crop, has_counts

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the scores of a batch.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length)
            One-hot sequences or signals.

        Returns
        -------
        Tensor of shape (batch, n_outputs) or (batch, n_outputs, length_out)
            Scores without a final activation.
        """
        return self._to_scores(self.run(x))

    def run(self, x: torch.Tensor) -> Any:
        """Apply the module itself.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length)
            One-hot sequences or signals.

        Returns
        -------
        Tensor or tuple of Tensor
            Output of the module.
        """
        if self.channels is not None:
            x = x[:, self.channels]
        if self.layout == "NLC":
            x = x.transpose(1, 2)
        elif self.layout == "NC1L":
            x = x.unsqueeze(2)
        # The kernels of torch, and with them the last bits, depend on the order in memory.
        return self.module(x.contiguous())

    def _to_scores(self, scores: Any) -> torch.Tensor:
        if self.has_counts and isinstance(scores, tuple | list):
            scores = self._with_totals(*scores)
        if self.by_position and self.output_layout == "NLC" and not self.has_counts:
            scores = scores.transpose(1, 2)
        if self.order is not None:
            scores = scores[:, self.order]
        if self.output != "scores":
            scores = self._to_logits(scores)
        return -scores if self.negated else scores

    def _with_totals(self, profile: torch.Tensor, totals: torch.Tensor) -> torch.Tensor:
        if self.output_layout == "NLC":
            profile = profile.transpose(1, 2)
        totals = totals.reshape(totals.shape[0], -1).expand(-1, profile.shape[1])
        return torch.cat([profile, totals[..., None]], dim=2)

    def _to_logits(self, values: torch.Tensor) -> torch.Tensor:
        limits = torch.finfo(values.dtype)
        logs = values.clamp(min=limits.tiny).log()
        is_single = not self.by_position and (values.dim() == 1 or values.shape[1] == 1)
        if self.output == "rates" or (self.is_exclusive and not is_single):
            return logs
        return logs - (1 - values).clamp(min=limits.eps / 2).log()

    def turn_strand(self, scores: torch.Tensor) -> torch.Tensor:
        """Reverse the positions of the scores of one strand to align them with the other.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_outputs, length_out)
            Scores of one strand.

        Returns
        -------
        Tensor of the shape of `scores`
        """
        if not self.has_counts:
            return scores.flip(-1)
        return torch.cat([scores[..., :-1].flip(-1), scores[..., -1:]], dim=-1)


def _as_list(indices: Sequence[int] | None) -> list[int] | None:
    return None if indices is None else list(indices)


def remove_tensors(module: nn.Module) -> tuple[nn.Module, dict[str, np.ndarray], dict[str, str]]:
    """Copy a module without its tensors, to store both apart.

    Parameters
    ----------
    module : torch.nn.Module
        Module, which is not changed.

    Returns
    -------
    skeleton : torch.nn.Module
        Copy with None instead of parameters and buffers.
    arrays : dict of str to ndarray
        Parameters and buffers by name.
    notes : dict of str to str
        For a name that shares the tensor of another one, that name; "frozen" for parameters
        without gradients.
    """
    named = [
        *module.named_parameters(remove_duplicate=False),
        *module.named_buffers(remove_duplicate=False),
    ]
    first: dict[int, str] = {}
    arrays, notes = {}, {}
    for name, tensor in named:
        if id(tensor) in first:
            notes[name] = first[id(tensor)]
            continue
        first[id(tensor)] = name
        arrays[name] = tensor.detach().cpu().numpy().copy()
        if isinstance(tensor, nn.Parameter) and not tensor.requires_grad:
            notes[name] = "frozen"
    # What is in the memo of a deep copy is taken for copied already.
    skeleton = copy.deepcopy(module, {id(tensor): None for _, tensor in named})
    return skeleton, arrays, notes


def restore_tensors(
    skeleton: nn.Module, arrays: dict[str, np.ndarray], notes: dict[str, str]
) -> None:
    """Put tensors back into a module, which is modified.

    Parameters
    ----------
    skeleton : torch.nn.Module
        Module without tensors.
    arrays : dict of str to ndarray
        Parameters and buffers by name.
    notes : dict of str to str
        As :func:`remove_tensors` returns them.
    """
    tensors: dict[str, torch.Tensor] = {}
    for name, array in arrays.items():
        owner, last = _find_owner(skeleton, name)
        tensor = torch.from_numpy(np.array(array))
        if last in owner._parameters:
            tensor = nn.Parameter(tensor, requires_grad=notes.get(name) != "frozen")
        tensors[name] = tensor
    for name, note in notes.items():
        if note != "frozen":
            tensors[name] = tensors[note]
    for name, tensor in tensors.items():
        owner, last = _find_owner(skeleton, name)
        (owner._parameters if last in owner._parameters else owner._buffers)[last] = tensor  # type: ignore[assignment]
    for part in skeleton.modules():
        if isinstance(part, nn.RNNBase):
            part._init_flat_weights()


def _find_owner(module: nn.Module, name: str) -> tuple[nn.Module, str]:
    owner, _, last = name.rpartition(".")
    return module.get_submodule(owner), last
