"""Penalties on weights, and max-norm constraints.

They apply to the weights of linear layers and of convolutions, including transposed ones, and not
to biases, normalizations, recurrent layers and embeddings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from skorch.callbacks import Callback
from torch import nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.utils import parametrize


@dataclass(frozen=True)
class Penalty:
    """Elastic-net penalty on the weights of a network: the sum of ``l1 |w| + l2 w^2``.

    The weights of a parametrized layer are those used in the forward pass.

    Parameters
    ----------
    l1, l2 : float, default=0.0
        Factors of the sum of absolute values and of the sum of squares.

    Raises
    ------
    ValueError
        If a factor is negative.
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self):
        for name in ("l1", "l2"):
            if not getattr(self, name) >= 0:
                raise ValueError(
                    f"{name} must be zero or more, got {getattr(self, name)!r}; a penalty below "
                    "zero rewards large weights"
                )

    def __call__(self, module: nn.Module) -> torch.Tensor:
        """Compute the penalty of a module, a differentiable scalar."""
        terms = (self._of_weight(layer.weight) for layer in _weighted_layers(module))
        return sum(terms, torch.zeros(()))

    def _of_weight(self, weight: torch.Tensor) -> torch.Tensor:
        return self.l1 * weight.abs().sum() + self.l2 * weight.square().sum()


class MaxNorm(Callback):
    """Callback of skorch that clips norms after each training step.

    Parameters
    ----------
    max_norm : float
        Largest norm of the incoming weights of a unit.

    Raises
    ------
    ValueError
        If `max_norm` is not above zero.
    """

    def __init__(self, max_norm: float):
        _check_max_norm(max_norm)
        self.max_norm = max_norm

    def on_batch_end(self, net, training: bool = False, **kwargs) -> None:
        """Clip the weights after a step of the optimizer.

        Parameters
        ----------
        net : Net
            Net that trains.
        training : bool, default=False
            False for validation batches, which change nothing.
        **kwargs
            Ignored.
        """
        if training:
            clip_norms(net.module_, self.max_norm)


@torch.no_grad()
def clip_norms(module: nn.Module, max_norm: float) -> None:
    """Scale the incoming weights of each unit down to a norm of at most `max_norm`.

    A unit is an output of a linear layer or a filter of a convolution, and the norm is the
    Euclidean one; smaller weights stay as they are [1]_.  Where a layer computes its weights
    from one tensor by ``torch.nn.utils.parametrize``, the units of that tensor are clipped;
    where it does so from several, as weight normalization does, those get the values that give
    the clipped weights.  Frozen layers stay as they are.

    Parameters
    ----------
    module : torch.nn.Module
        Network whose layers are clipped.
    max_norm : float
        Largest norm of the incoming weights of a unit.

    Raises
    ------
    ValueError
        If `max_norm` is not above zero.

    References
    ----------
    .. [1] G. E. Hinton et al., "Improving neural networks by preventing co-adaptation of
           feature detectors", arXiv:1207.0580, 2012.
    """
    _check_max_norm(max_norm)
    for layer in filter(_is_trained, _weighted_layers(module)):
        if not parametrize.is_parametrized(layer, "weight"):
            layer.weight.mul_(_scales(layer, layer.weight, max_norm))
            continue
        parts = cast(
            parametrize.ParametrizationList, layer.get_submodule("parametrizations.weight")
        )
        if parts.is_tensor:
            parts.original.mul_(_scales(layer, parts.original, max_norm))
        else:
            layer.weight = layer.weight * _scales(layer, layer.weight, max_norm)


def _check_max_norm(max_norm: float) -> None:
    if not max_norm > 0:
        raise ValueError(
            f"max_norm must be above zero, got {max_norm!r}; leave it out for no limit"
        )


def _weighted_layers(module: nn.Module) -> Iterator[nn.Linear | _ConvNd]:
    return (layer for layer in module.modules() if isinstance(layer, nn.Linear | _ConvNd))


def _is_trained(layer: nn.Module) -> bool:
    """Tell whether the weights of a layer, apart from its bias, are trainable."""
    return any(w.requires_grad for name, w in layer.named_parameters() if name != "bias")


def _scales(layer: nn.Module, weight: torch.Tensor, max_norm: float) -> torch.Tensor:
    """Compute the factor of each weight, 1 where its norm is within the limit."""
    if isinstance(layer, _ConvTransposeNd):
        # (inputs, outputs of a group, ...): a unit reads all inputs of its group.
        grouped = weight.unflatten(0, (layer.groups, -1))
        return _unit_scales(grouped, {0, 2}, max_norm).expand_as(grouped).flatten(0, 1)
    return _unit_scales(weight, {0}, max_norm)


def _unit_scales(weight: torch.Tensor, unit_axes: set[int], max_norm: float) -> torch.Tensor:
    axes = tuple(set(range(weight.ndim)) - unit_axes)
    norms = torch.linalg.vector_norm(weight, dim=axes, keepdim=True)
    return (max_norm / norms).clamp(max=1)
