"""Training that goes on where an earlier run of it was interrupted."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from os import PathLike

from skgenomics.checks import check_integer
from skgenomics.estimators.transfer import find_source
from skgenomics.representation.language_models.checkpoints import Checkpoint, find_checkpoint

# What training does not depend on, so that it may change between a checkpoint and its resumption.
_FREE = {"checkpoint", "checkpoint_every", "callbacks", "device", "verbose", "pooling", "n_passes"}


@dataclass(kw_only=True, eq=False, repr=False)
class CheckpointSettings:
    """Hyper-parameters of checkpoints."""

    checkpoint: str | PathLike | None = None
    checkpoint_every: int = 500

    def _check_settings(self) -> None:
        super()._check_settings()
        check_integer("checkpoint_every", self.checkpoint_every, 1)
        if not isinstance(self.checkpoint, str | PathLike | None):
            raise ValueError(f"checkpoint must be the path of a file, got {self.checkpoint!r}")
        if self.checkpoint is not None and (self.warm_start or self.unfreeze_every is not None):
            raise ValueError(
                "checkpoint holds a training from its start, with the same layers throughout; set "
                "warm_start=False and unfreeze_every=None, or checkpoint=None"
            )

    def _find_checkpoint(self, dataset) -> Checkpoint | None:
        if self.checkpoint is None:
            return None
        settings = {k: v for k, v in self.get_params(deep=False).items() if k not in _FREE}
        # Addresses, such as those of functions, are others in every process.
        origin = {name: re.sub(" at 0x[0-9A-Fa-f]+", "", repr(v)) for name, v in settings.items()}
        if self.pretrained is not None:
            origin["pretrained"] = _describe_weights(find_source(self.pretrained))
        origin["X"] = dataset.describe()
        return find_checkpoint(self.checkpoint, self.checkpoint_every, origin, self._draw_seed())

    def _take_over(self, checkpoint: Checkpoint) -> None:
        """Be as after the training that has ended already."""
        self.network_.load_state_dict(checkpoint.saved["weights"])
        self.network_.eval()
        epochs = checkpoint.history()
        self.n_iter_ = len(epochs)
        self.loss_curve_ = [epoch["train_loss"] for epoch in epochs]
        losses = [epoch["valid_loss"] for epoch in epochs if "valid_loss" in epoch]
        self.validation_loss_curve_ = losses


def _describe_weights(source) -> str:
    checksum = 0
    for weight in source.net_.weights().values():
        checksum = zlib.crc32(weight.tobytes(), checksum)
    return f"a {type(source).__name__} with weights of checksum {checksum:08x}"
