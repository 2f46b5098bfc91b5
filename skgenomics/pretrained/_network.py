"""A pretrained model with a head, its adapters, and the skorch net that trains them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from skgenomics.pretrained._loading import quiet
from skgenomics.pretrained._pooled_model import PooledModel
from skgenomics.training import SequenceNet
from skgenomics.training.batches import BatchLoader

# Layers on top of the hidden states, which do not affect the output.
_UNUSED = ("pooler", "contact_head")


class PooledModelWithHead(nn.Module):
    """A linear head on the pooled hidden states of a model.

    Parameters
    ----------
    trunk : PooledModel
        Module that converts tokens to embeddings.
    hidden_size : int
        Size of the embeddings.
    n_outputs : int
        Number of outputs.
    dropout : float
        Dropout of the embeddings.
    """

    def __init__(self, trunk: PooledModel, hidden_size: int, n_outputs: int, dropout: float):
        super().__init__()
        self.trunk = trunk
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute outputs from tokens (batch, n_windows, n_tokens) or from their embeddings."""
        return self.output(self.dropout(x if x.is_floating_point() else self.trunk(x)))


class TokenNet(SequenceNet):
    """skorch net of token ids, or of embeddings that a frozen trunk computed from them.

    Parameters
    ----------
    module : PooledModelWithHead
        The network.
    prediction_batch_size : int
        Number of sequences in a batch of predictions.
    **kwargs
        Settings of :class:`~skgenomics.training.SequenceNet`.

    Attributes
    ----------
    trunk_share : float
        Ratio of the learning rate of the trunk to that of the head.
    """

    def __init__(self, module, *, prediction_batch_size: int, **kwargs):
        super().__init__(module, n_channels=1, **kwargs)
        self.trunk_share = 1.0
        self.prediction_batch_size = prediction_batch_size

    def infer(self, x, **fit_params) -> torch.Tensor:
        """Compute the outputs of a batch."""
        return self._score(x["x"].to(self.device))

    def prepare(self, loss, optimizer, groups, penalty) -> None:
        """Set loss, optimizer and penalty, with a separate learning rate of the trunk."""
        in_trunk = {id(weight) for weight in self.module_.trunk.parameters()}
        split = []
        for group in groups:
            for inside, share in ((False, 1.0), (True, self.trunk_share)):
                weights = [w for w in group["params"] if (id(w) in in_trunk) == inside]
                rates = {"lr": group["lr"] * share, "share": group["share"] * share}
                split += [{**group, "params": weights, **rates}] if weights else []
        super().prepare(loss, optimizer, split, penalty)

    def get_iterator(self, dataset, training=False) -> BatchLoader:
        """Make batches, shuffled for training."""
        if training:
            return super().get_iterator(dataset, training=True)
        return BatchLoader(dataset, self.prediction_batch_size)

    def load_weights(self, weights: dict[str, np.ndarray]) -> None:
        """Load the arrays of :meth:`weights`; frozen parameters may be missing."""
        frozen = {name for name, w in self.module_.named_parameters() if not w.requires_grad}
        state = self.module_.state_dict()
        state = {name: state[name] for name in frozen - weights.keys()}
        state |= {name: torch.from_numpy(weight.copy()) for name, weight in weights.items()}
        self.module_.load_state_dict(state)


def add_adapters(
    model: nn.Module, *, rank: int, alpha: float, dropout: float, targets: Sequence[str] | None
) -> list[str]:
    """Add low-rank adapters to the linear layers of a model and freeze its own parameters.

    Parameters
    ----------
    model : torch.nn.Module
        Model, which is modified.
    rank : int
        Rank of the adapters.
    alpha : float
        Scale of the adapters: their output is multiplied by ``alpha / rank``.
    dropout : float
        Dropout of the input of the adapters.
    targets : sequence of str or None
        Last parts of the names of the layers to adapt; None for all linear layers below the hidden
        states.

    Returns
    -------
    list of str
        Names of the adapted layers.

    Raises
    ------
    ImportError
        If peft is not installed.
    ValueError
        If a target matches no layer, or there is no linear layer.
    """
    peft = _import_peft()
    names = _choose_layers(model, targets)
    config = peft.LoraConfig(
        r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=names, bias="none"
    )
    with quiet():
        peft.inject_adapter_in_model(config, model)
    return names


def _choose_layers(model: nn.Module, targets: Sequence[str] | None) -> list[str]:
    linear = [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and not set(name.split(".")) & set(_UNUSED)
    ]
    if targets is None and linear:
        return linear
    layers = [name for name, module in model.named_modules() if hasattr(module, "weight")]
    endings = sorted({name.rsplit(".", 1)[-1] for name in linear or layers})
    if targets is None:
        raise ValueError(
            f"{type(model).__name__} has no linear layer to adapt; name layers in "
            f"lora_targets, out of {', '.join(endings)}, or use mode='full'"
        )
    targets = [targets] if isinstance(targets, str) else list(targets)
    chosen = [n for n in layers if any(n == t or n.endswith(f".{t}") for t in targets)]
    for target in targets:
        if not any(n == target or n.endswith(f".{target}") for n in chosen):
            raise ValueError(
                f"lora_targets has {target!r}, which matches no layer; linear layers are "
                f"{', '.join(endings)}"
            )
    return chosen


def _import_peft():
    try:
        import peft
    except ImportError as error:
        raise ImportError('mode="lora" needs peft: pip install "skgenomics[lm]"') from error
    return peft
