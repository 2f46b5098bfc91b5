"""What stands in for functions that are not linear, when differences are carried through them.

- A function of one number: the slope between its two points, which is the Rescale rule.
- A maximum: the entry that is largest in the part whose maximum is larger.
- A product of two pairs: each factor times the mean of the other one over both parts.
- Division, softmax, normalisation of layers, attention: put together out of these.

All of them are exact: a stand-in differs between the parts by what the function itself does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional as F

from skgenomics.inspection.attribution._deeplift import NoRule, Paired, count_pairs, pair, parts
from skgenomics.networks._kmer_path import count_kmers, damp

# The slope between points that are closer together is that of the tangent.
_CLOSE = 1e-6
_FUNCTIONS = """
    relu relu6 leaky_relu elu selu celu gelu silu mish softplus softsign sigmoid logsigmoid tanh
    tanhshrink hardtanh hardsigmoid hardswish threshold sin cos exp expm1 log log1p log2 log10 sqrt
    rsqrt reciprocal square pow abs clamp clamp_min clamp_max clip erf
"""
_OF_ONE_NUMBER = frozenset(_FUNCTIONS.split())
_PRODUCTS = frozenset(("mul", "multiply", "rmul", "matmul", "rmatmul", "bmm", "mm", "einsum"))


def find_rule(name: str, func: Callable, args, kwargs) -> Callable | None:
    """The rule for a function of torch and what it gets; None if it may be linear."""
    is_in_place = func.__name__.endswith("_") and not func.__name__.startswith("_")
    if name in _OF_ONE_NUMBER or name in _RULES:
        if is_in_place:
            raise NoRule(func.__name__)
        return _RULES[name] if name in _RULES else partial(_rescale, func)
    if (is_in_place or name in _CHANGES) and not isinstance(args[0], Paired):
        raise NoRule(func.__name__)
    if name in _DIVISIONS and isinstance(args[1], Paired):
        return _divide
    is_product = name in _PRODUCTS and count_pairs(args, kwargs) > 1
    return partial(_multiply, func) if is_product else None


class _Scaled(torch.autograd.Function):
    """A value that depends on `x` by a slope."""

    @staticmethod
    def forward(ctx, x, value, slope):
        ctx.save_for_backward(slope)
        return value.view_as(value)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None, None


class _InPlaceOf(torch.autograd.Function):
    """A value that depends on all things as its stand-in does."""

    @staticmethod
    def forward(ctx, stand_in, value):
        return value.view_as(value)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def _rescale(func: Callable, x, *args, **kwargs) -> Paired:
    """The rule for functions of one number."""
    if not isinstance(x, Paired) or count_pairs(args, kwargs):
        raise NoRule(func.__name__)
    if "inplace" in kwargs:
        kwargs["inplace"] = False
    actual, baseline = parts(x)
    with torch.no_grad():
        value, other = func(actual, *args, **kwargs), func(baseline, *args, **kwargs)
        step = actual - baseline
        slope = (value - other) / step
        # Two infinities, as where attention is masked, are no distance apart either.
        close = ~(step.abs() >= _CLOSE)
    if close.any():
        slope = torch.where(close, _derivative(func, actual, args, kwargs), slope)
    return pair(_Scaled.apply(actual, value, slope), other)


@torch.enable_grad()
def _derivative(func: Callable, x: torch.Tensor, args, kwargs) -> torch.Tensor:
    x = x.detach().requires_grad_()
    return torch.autograd.grad(func(x, *args, **kwargs).sum(), x)[0]


def _multiply(func: Callable, *args, **kwargs) -> Paired:
    """The rule for what is linear in each of two pairs."""
    places = [i for i, arg in enumerate(args) if isinstance(arg, Paired)]
    if len(places) != 2 or count_pairs(args, kwargs) != 2:
        raise NoRule(func.__name__)
    (left, left_ref), (right, right_ref) = (parts(args[i]) for i in places)

    def compute(a, b):
        changed = list(args)
        changed[places[0]], changed[places[1]] = a, b
        return func(*changed, **kwargs)

    with torch.no_grad():
        value, other = compute(left, right), compute(left_ref, right_ref)
        left_mean, right_mean = (left + left_ref) / 2, (right + right_ref) / 2
    return pair(
        _InPlaceOf.apply(compute(left, right_mean) + compute(left_mean, right), value), other
    )


def _multiply_in_place(x, y) -> Paired:
    """Operators in place give a new result, which takes the name of the old one."""
    return x * y


def _divide(x, y) -> Paired:
    return x * torch.reciprocal(y)


def _power_of(x, base) -> Paired:
    return torch.exp(x * torch.log(torch.as_tensor(base, dtype=x.dtype, device=x.device)))


def _take(x: Paired, values: tuple, indices: tuple, dim: int) -> Paired:
    """The rule for maxima: `values` and `indices` in `dim` of both parts."""
    actual, baseline = parts(x)
    value, other = values
    with torch.no_grad():
        winner = torch.where(value >= other, *indices)
        step = (actual - baseline).gather(dim, winner)
        slope = torch.where(step == 0, 1, (value - other) / step).nan_to_num(0, 0, 0)
    return pair(_Scaled.apply(actual.gather(dim, winner), value, slope), other)


def _amax(x, dim=(), keepdim: bool = False) -> Paired:
    dims = range(x.dim()) if dim == () else (dim if isinstance(dim, tuple | list) else (dim,))
    for axis in sorted((axis % x.dim() for axis in dims), reverse=True):
        x = _max_in(x, axis)
        x = x if keepdim else x.squeeze(axis)
    return x


def _max_in(x: Paired, dim: int) -> Paired:
    with torch.no_grad():
        found = [part.max(dim, keepdim=True) for part in parts(x)]
    return _take(x, *zip(*found, strict=True), dim)


def _amin(x, dim=(), keepdim: bool = False) -> Paired:
    return -_amax(-x, dim, keepdim)


def _max(x, dim=None, keepdim: bool = False):
    if isinstance(dim, torch.Tensor):
        return _maximum(x, dim)
    if dim is None:
        return _amax(x)
    # Which entry is the largest is nobody's difference: only values can be carried on.
    with torch.no_grad():
        indices = parts(x)[0].argmax(dim, keepdim)
    return torch.return_types.max((_amax(x, dim, keepdim), indices))


def _maximum(x, y) -> Paired:
    return _amax(torch.stack(torch.broadcast_tensors(x, y)), 0)


def _max_pool(pool: Callable, x, *args, return_indices: bool = False, **kwargs) -> Paired:
    if return_indices:
        raise NoRule(pool.__name__)
    both = parts(x)
    with torch.no_grad():
        found = [pool(part, *args, return_indices=True, **kwargs) for part in both]
    (values, others), (indices, other_indices) = zip(*found, strict=True)
    # Indices are those of the positions, laid end to end.
    flat = [part.flatten(2) for part in (values, others, indices, other_indices)]
    taken = _take(pair(*(part.flatten(2) for part in both)), tuple(flat[:2]), tuple(flat[2:]), 2)
    return taken.unflatten(2, values.shape[2:])


def _softmax(x, dim: int, **kwargs) -> Paired:
    powers = torch.exp(x - _largest(x, dim))
    return powers / powers.sum(dim, keepdim=True)


def _log_softmax(x, dim: int, **kwargs) -> Paired:
    return x - _logsumexp(x, dim, keepdim=True)


def _logsumexp(x, dim: int, keepdim: bool = False) -> Paired:
    largest = _largest(x, dim)
    total = torch.log(torch.exp(x - largest).sum(dim, keepdim=True)) + largest
    return total if keepdim else total.squeeze(dim)


@torch.no_grad()
def _largest(x: Paired, dim: int) -> torch.Tensor:
    """A constant that keeps exponentials of both parts within bounds."""
    actual, baseline = parts(x)
    return torch.maximum(actual, baseline).amax(dim, keepdim=True)


def _batch_norm(
    x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
) -> Paired:
    """The rule for batch normalisation with the statistics that it has gathered.

    It is linear, but torch's own way back goes wrong for a single sequence whose strides are those
    of channels that come last.
    """
    if training or running_mean is None:
        raise NoRule("batch_norm")
    scale = torch.rsqrt(running_var + eps)
    scale = scale if weight is None else scale * weight
    shift = -running_mean * scale
    shift = shift if bias is None else shift + bias
    shape = (1, -1, *(1,) * (x.dim() - 2))
    return x * scale.view(shape) + shift.view(shape)


def _layer_norm(x, normalized_shape, weight=None, bias=None, eps: float = 1e-5) -> Paired:
    dims = tuple(range(-len(normalized_shape), 0))
    centred = x - x.mean(dims, keepdim=True)
    variance = torch.square(centred).mean(dims, keepdim=True)
    x = centred * torch.rsqrt(variance + eps)
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _glu(x, dim: int = -1) -> Paired:
    values, gates = x.chunk(2, dim)
    return values * torch.sigmoid(gates)


def _attend(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, **kwargs
) -> Paired:
    if is_causal or kwargs.get("enable_gqa"):
        raise NoRule("scaled_dot_product_attention")
    logits = query @ key.transpose(-1, -2) * (scale or query.shape[-1] ** -0.5)
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        logits = logits.masked_fill(~attn_mask, -torch.inf)
    elif attn_mask is not None:
        logits = logits + attn_mask
    return torch.softmax(logits, dim=-1) @ value


def _score_kmers(path, x) -> Paired:
    return path.linear(damp(count_kmers(x, path.max_k)))


_CHANGES = frozenset(("setitem", "iadd", "isub"))
_DIVISIONS = frozenset(("div", "divide", "true_divide", "truediv", "itruediv"))
_RULES = {
    "imul": _multiply_in_place,
    "rdiv": lambda x, y: torch.reciprocal(x) * y,
    "rtruediv": lambda x, y: torch.reciprocal(x) * y,
    "rpow": _power_of,
    "amax": _amax,
    "amin": _amin,
    "max": _max,
    "maximum": _maximum,
    "max_pool1d": partial(_max_pool, F.max_pool1d),
    "max_pool2d": partial(_max_pool, F.max_pool2d),
    "batch_norm": _batch_norm,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "layer_norm": _layer_norm,
    "glu": _glu,
    "scaled_dot_product_attention": _attend,
    "score_kmers": _score_kmers,
}
