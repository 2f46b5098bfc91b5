r"""DeepLIFT: propagate differences from a baseline through a network.

Activations of the sequences and of their baselines travel together as one tensor, a
:class:`Paired`.  Torch hands every function that gets such a pair to
:meth:`Paired.__torch_function__`, which computes it for both parts:

- A linear function is left to autograd: it propagates differences exactly as it does gradients.
- A function that is not linear is replaced by a linear stand-in (``_deeplift_rules``) whose
  difference between the two parts equals that of the function.  Autograd then propagates through
  the stand-in, so that what it calls a gradient is a DeepLIFT multiplier.
- Anything else raises :class:`UnsupportedOperationError`, so that no function is silently taken for
  linear.  For the same reason the linear functions are an explicit list.

In the notation of Shrikumar et al. (2017), where :math:`\Delta t` is the difference of an output
``t`` from its baseline: autograd applies the chain rule for multipliers (Eq. 3), the rules choose
multipliers :math:`m = C / \Delta x` (Eq. 2), and every rule keeps the sum of the contributions
equal to :math:`\Delta t` (summation-to-delta, Eq. 1).

Modules are neither hooked nor changed, so that functional code is followed as well.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.utils._pytree import tree_leaves, tree_map

from skgenomics.inspection._dispatch import UnsupportedOperationError, function_name
from skgenomics.inspection._scores import SequenceScore

# Linear in all their tensors jointly.
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
# Linear in one tensor as long as the others are constant; see `_multiply` for two pairs.
_ONE_FACTOR = """
    mul multiply rmul imul matmul rmatmul bmm mm einsum div divide true_divide truediv itruediv
    conv1d conv2d conv3d conv_transpose1d conv_transpose2d linear
"""
_LINEAR_IN_ONE = frozenset(_ONE_FACTOR.split())


class Paired(torch.Tensor):
    """Activations of sequences, with the activations of their baselines in `baseline`.

    Only the activations of the sequences are in the autograd graph; what autograd computes for them
    are multipliers of the differences instead of gradients.
    """

    baseline: torch.Tensor

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        # Imported here because the rules use pairs themselves.
        from skgenomics.inspection.attribution._deeplift_rules import find_rule

        kwargs = kwargs or {}
        rule = find_rule(func, args, kwargs)
        return apply_linear(func, args, kwargs) if rule is None else rule(*args, **kwargs)


def pair(x: torch.Tensor, baseline: torch.Tensor) -> Paired:
    """Join activations with those of the baselines."""
    paired = x.as_subclass(Paired)
    paired.baseline = baseline
    return paired


def parts(paired: Paired) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the activations of sequences, attached to the graph, and those of baselines."""
    with torch._C.DisableTorchFunctionSubclass():
        return paired.as_subclass(torch.Tensor), paired.baseline


def count_pairs(*trees) -> int:
    """Count the pairs in nested arguments."""
    return sum(isinstance(leaf, Paired) for leaf in tree_leaves(trees))


def apply_linear(func: Callable, args, kwargs):
    """Apply a function to both parts if it is linear, or gives the same for both of them."""
    name = function_name(func)
    baseline_args, baseline_kwargs = tree_map(_baseline_of, (args, kwargs))
    with torch._C.DisableTorchFunctionSubclass():
        result = func(*args, **kwargs)
        # Attributes such as `shape`, which torch reads through `__get__`.
        if name == "get" and not isinstance(result, torch.Tensor):
            return result
        with torch.no_grad():
            baseline = func(*baseline_args, **baseline_kwargs)
    return _join(result, baseline, name, _is_linear(name, args, kwargs))


def _baseline_of(leaf):
    return leaf.baseline if isinstance(leaf, Paired) else leaf


def _is_linear(name: str, args, kwargs) -> bool:
    return name in _JOINTLY_LINEAR or (name in _LINEAR_IN_ONE and count_pairs(args, kwargs) == 1)


def _join(result, baseline, name: str, is_linear: bool):
    if isinstance(result, tuple | list):
        return tuple(_join(*each, name, is_linear) for each in zip(result, baseline, strict=True))
    is_tensor = isinstance(result, torch.Tensor)
    if is_tensor and (result.is_floating_point() or result.is_complex()):
        if not is_linear:
            raise UnsupportedOperationError(name)
        return pair(result, baseline)
    # Masks, indices and branches carry no differences.  They are harmless only if they are the same
    # for both parts; otherwise the network computes two different functions.
    if not (torch.equal(result, baseline) if is_tensor else result == baseline):
        raise UnsupportedOperationError(name)
    return result


def deeplift(
    score: SequenceScore,
    x: torch.Tensor,
    baseline: torch.Tensor,
    mask: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute the multipliers of DeepLIFT.

    The network is run once on sequences and baselines together and propagates multipliers instead
    of gradients: for an elementwise function the slope between its two points (Rescale rule), for a
    maximum that of the entry that attains it, for a product the mean of the other factor.
    No other approximation is made, so that contributions add up to the difference of the scores
    within rounding error.

    Parameters
    ----------
    score : SequenceScore
        Score to explain.
    x, baseline : Tensor of shape (b, C, L)
        Sequences and their baselines.
    mask : Tensor of bool of shape (b, L), optional
        False at padding.

    Returns
    -------
    multipliers : Tensor of shape (b, C, L)
        ``(x - baseline) * multipliers`` is the contribution of each channel to the difference.
    difference : Tensor of shape (b,)
        Score of each sequence minus that of its baseline.

    Raises
    ------
    UnsupportedOperationError
        If the network applies a function without a rule, as recurrent networks do.

    References
    ----------
    Shrikumar, Greenside and Kundaje (2017), Learning important features through propagating
    activation differences, ICML; Lundberg and Lee (2017), A unified approach to interpreting model
    predictions, NeurIPS.
    """
    x = x.detach().requires_grad_()
    try:
        with torch.enable_grad():
            result = score(pair(x.view_as(x), baseline), mask)
    except UnsupportedOperationError as error:
        raise UnsupportedOperationError(
            error.operation,
            f"DeepLIFT has no rule for {error.operation}() in {type(score.estimator).__name__}, so "
            "attributions would not add up; use method='integrated_gradients' or 'mutagenesis', "
            "which work for every network",
        ) from None
    if not isinstance(result, Paired):
        # The score does not depend on the sequence.
        return torch.zeros_like(x), x.new_zeros(len(x))
    actual, other = parts(result)
    multipliers = torch.autograd.grad(actual.sum(), x)[0]
    return multipliers, (actual - other).detach()
