"""Joint fusion: views as branches of one network, their input, construction and freezing."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np
from torch import nn

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._transfer import start_from_pretrained
from skgenomics.multiview._net import MultiViewNet
from skgenomics.multiview._views import encode, naming, put_rows, take_rows
from skgenomics.networks.fusion import Branch, LoneNetwork
from skgenomics.training._freezing import GradualUnfreezing, find_modules, frozen


def learn_branch(
    estimator: SequenceEstimator,
    data,
    y: np.ndarray,
    weight: np.ndarray,
    here: np.ndarray,
    n_outputs: int,
    seed: int,
) -> np.ndarray:
    """Set the fitted attributes of the estimator of a view, without its network.

    Parameters
    ----------
    estimator : SequenceEstimator
        Unfitted estimator of the view, which is changed.
    data : array-like
        Encoded samples that have the view.
    y, weight : ndarray
        Targets and weights of all samples.
    here : ndarray of bool of shape (n_samples,)
        Mask of the samples that have the view.
    n_outputs : int
        Number of outputs of the whole network.
    seed : int
        Seed of the test for strand symmetry.

    Returns
    -------
    ndarray
        Input of the branch for all samples.
    """
    estimator._check_settings()
    estimator._check_something_is_trained(False)
    data = estimator._read(data, reset=True)
    estimator._learn_targets(y, weight, None)
    estimator.n_outputs_ = n_outputs
    estimator._learn_input(data, y[here], seed)
    return put_rows(data, here)


def read_branch(estimator: SequenceEstimator, encoders: list, data, here: np.ndarray) -> np.ndarray:
    """Read a view for all samples, as in fit; samples without the view are zero."""
    if here.any():
        encoded = encode(encoders, take_rows(data, here), estimator)
        return put_rows(estimator._read(encoded, reset=False), here)
    shape = len(here), estimator.length_
    if estimator.input_form_ in ("channels", "table"):
        return np.zeros((shape[0], shape[1] * estimator.n_channels_), dtype=estimator.dtype_)
    return np.zeros(shape, dtype=np.int32 if estimator.input_form_ == "tokens" else np.uint8)


def build_branch(estimator: SequenceEstimator, device: str, *, is_alone: bool) -> nn.Module:
    """Build the network of a view, with new parameters.

    Parameters
    ----------
    estimator : SequenceEstimator
        Estimator prepared by :func:`learn_branch`.
    device : str
        Device of the parameters.
    is_alone : bool
        True for a single view, whose network computes the outputs itself.

    Returns
    -------
    torch.nn.Module
        Branch of a fusion network, or the whole network of a single view.
    """
    network = estimator._make_net(device).module_
    complement = estimator.complement_ if estimator.strands_ == "average" else None
    return (LoneNetwork if is_alone else Branch)(network, complement)


def initialize_branches(net: MultiViewNet, estimators: dict[str, SequenceEstimator]) -> None:
    """Copy the parameters of pretrained models into the branches that start from them."""
    for (name, estimator), branch in zip(estimators.items(), net.module_.branches, strict=True):
        if estimator.pretrained is not None:
            with naming(name):
                estimator.transferred_ = start_from_pretrained(estimator, _network_of(branch))


def _network_of(branch: nn.Module) -> nn.Module:
    return branch.network if isinstance(branch, Branch) else branch


def freeze_branches(
    stack: ExitStack, net: MultiViewNet, estimators: dict[str, SequenceEstimator]
) -> list:
    """Freeze the layers that the estimators name; return the callbacks that unfreeze them."""
    callbacks = []
    for (name, estimator), branch in zip(estimators.items(), net.module_.branches, strict=True):
        if estimator.freeze is None:
            continue
        with naming(name):
            modules = find_modules(_network_of(branch), estimator.freeze)
        stack.enter_context(frozen(net, *modules))
        every = estimator._group("transfer").unfreeze_every
        if every is not None:
            unfreezing = GradualUnfreezing(modules, every)
            callbacks.append((f"_unfreezing_{name}", unfreezing))
    return callbacks
