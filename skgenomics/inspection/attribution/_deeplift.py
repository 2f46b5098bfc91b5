"""Activations beside those of baselines, as one tensor that propagates their differences.

Every function of torch that gets such a pair is computed of both its parts.  One that is linear
passes differences back as it does gradients.  For others ``_deeplift_rules`` has a
linear stand-in whose difference between the parts is exactly that of the function, and gradients
flow through the stand-in.  Whatever is neither raises :class:`NoRule`, so that nothing counts as
linear that is not.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.utils._pytree import tree_leaves, tree_map

from skgenomics.inspection._scores import SequenceScore

# Linear in all tensors that they get, together.
_ARITHMETIC = """
    add iadd radd sub subtract isub rsub neg sum mean cumsum diff dropout dropout1d dropout2d
    dropout3d alpha_dropout feature_dropout feature_alpha_dropout avg_pool1d avg_pool2d
    adaptive_avg_pool1d adaptive_avg_pool2d interpolate fft_fft fft_ifft fft_rfft fft_irfft
"""
_REARRANGEMENTS = """
    get getitem setitem reshape view view_as reshape_as flatten unflatten squeeze unsqueeze expand
    expand_as broadcast_to transpose swapaxes swapdims movedim moveaxis permute contiguous clone
    flip fliplr roll repeat tile repeat_interleave chunk split tensor_split unbind narrow select
    index_select gather take_along_dim unfold cat concat concatenate stack hstack vstack pad to
    float double type type_as masked_fill where diagonal tril triu zeros_like ones_like full_like
    new_zeros new_ones new_full broadcast_tensors
"""
_JOINTLY_LINEAR = frozenset((_ARITHMETIC + _REARRANGEMENTS).split())
# Linear in one tensor, if the others are constant.
_ONE_FACTOR = """
    mul multiply rmul imul matmul rmatmul bmm mm einsum div divide true_divide truediv itruediv
    conv1d conv2d conv3d conv_transpose1d conv_transpose2d linear
"""
_LINEAR_IN_ONE = frozenset(_ONE_FACTOR.split())


class NoRule(Exception):
    """Differences cannot be carried through a function; the argument is its name."""


class Paired(torch.Tensor):
    """Activations of sequences, with those of their baselines in `baseline`.

    What autograd makes of the activations is no gradient but multipliers of the differences.
    """

    baseline: torch.Tensor

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        # Rules use pairs themselves.
        from skgenomics.inspection.attribution._deeplift_rules import find_rule

        kwargs = kwargs or {}
        name = func.__name__.strip("_")
        rule = find_rule(name, func, args, kwargs)
        return on_both(func, args, kwargs) if rule is None else rule(*args, **kwargs)


def pair(x: torch.Tensor, baseline: torch.Tensor) -> Paired:
    """Put activations and those of baselines side by side."""
    paired = x.as_subclass(Paired)
    paired.baseline = baseline
    return paired


def parts(paired: Paired) -> tuple[torch.Tensor, torch.Tensor]:
    """The two parts of a pair, the first one with its way back."""
    with torch._C.DisableTorchFunctionSubclass():
        return paired.as_subclass(torch.Tensor), paired.baseline


def count_pairs(*trees) -> int:
    """How many pairs there are in nested arguments."""
    return sum(isinstance(leaf, Paired) for leaf in tree_leaves(trees))


def on_both(func: Callable, args, kwargs):
    """Compute a function of both parts, if it is linear or comes to the same."""
    name = func.__name__.strip("_")
    other_args, other_kwargs = tree_map(_baseline, (args, kwargs))
    with torch._C.DisableTorchFunctionSubclass():
        result = func(*args, **kwargs)
        if name == "get" and not isinstance(result, torch.Tensor):
            return result
        with torch.no_grad():
            other = func(*other_args, **other_kwargs)
    return _join(result, other, name, _is_linear(name, args, kwargs))


def _baseline(leaf):
    return leaf.baseline if isinstance(leaf, Paired) else leaf


def _is_linear(name: str, args, kwargs) -> bool:
    return name in _JOINTLY_LINEAR or (name in _LINEAR_IN_ONE and count_pairs(args, kwargs) == 1)


def _join(result, other, name: str, is_linear: bool):
    if isinstance(result, tuple | list):
        return tuple(_join(*each, name, is_linear) for each in zip(result, other, strict=True))
    is_tensor = isinstance(result, torch.Tensor)
    if is_tensor and (result.is_floating_point() or result.is_complex()):
        if not is_linear:
            raise NoRule(name)
        return pair(result, other)
    # Masks and decisions must not depend on which of both is looked at.
    if not (torch.equal(result, other) if is_tensor else result == other):
        raise NoRule(name)
    return result


def deeplift(
    score: SequenceScore, x: torch.Tensor, baseline: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Multipliers of DeepLIFT.

    The network is run once on sequences and baselines side by side. Instead of gradients,
    multipliers go back: for a function of one number the slope between its two points (the Rescale
    rule), for a maximum that of the entry that made it, for a product the mean of the other factor.
    No other approximation is made, so that parts add up to the difference of the scores, but for
    rounding. The network itself is neither changed nor hooked.

    Parameters
    ----------
    score : SequenceScore
    x, baseline : Tensor of shape (b, C, L)

    Returns
    -------
    multipliers : Tensor of shape (b, C, L)
        With ``(x - baseline) * multipliers`` the parts of each channel in the difference.
    difference : Tensor of shape (b,)
        By how much the scores of sequences and baselines differ.

    Raises
    ------
    ValueError
        If the network does something for which there is no rule, as recurrent networks do.

    References
    ----------
    Shrikumar, Greenside and Kundaje (2017), Learning important features through propagating
    activation differences, ICML; Lundberg and Lee (2017), A unified approach to interpreting model
    predictions, NeurIPS.
    """
    x = x.detach().requires_grad_()
    try:
        with torch.enable_grad():
            result = score(pair(x.view_as(x), baseline))
    except NoRule as error:
        raise ValueError(
            f"DeepLIFT has no rule for what {type(score.estimator).__name__} does in {error}(), so "
            "attributions would not add up; use method='integrated_gradients' or 'mutagenesis', "
            "which are right for every network"
        ) from None
    if not isinstance(result, Paired):
        return torch.zeros_like(x), x.new_zeros(len(x))
    actual, other = parts(result)
    multipliers = torch.autograd.grad(actual.sum(), x)[0]
    return multipliers, (actual - other).detach()
