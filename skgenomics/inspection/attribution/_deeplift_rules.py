"""Rules of DeepLIFT: linear stand-ins for functions that are not linear.

Write ``a`` for an activation, ``a0`` for that of the baseline and ``da = a - a0``.

- Elementwise functions: :math:`m = (f(a) - f(a_0)) / da`, the Rescale rule (Shrikumar et al., 2017,
  section 3.5.2).
- A maximum: the whole difference goes to the entry that attains the larger of the two maxima.
- A product of two pairs: :math:`ab - a_0 b_0 = da (b + b_0) / 2 + db (a + a_0) / 2`. Each factor is
  multiplied by the mean of the other one, which is also the Shapley value of the two factors.
- Division, softmax, layer normalization and attention are composed of these.

Every rule satisfies summation-to-delta exactly: the stand-in differs between the two parts by what
the function itself does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional as F

from skgenomics.inspection._dispatch import UnsupportedOperationError, function_name, is_in_place
from skgenomics.inspection.attribution._deeplift import Paired, count_pairs, pair, parts
from skgenomics.networks._kmer_path import count_kmers, damp

# Between points closer than this the difference quotient is rounding noise: use the derivative ...
_CLOSE = 1e-6
# ... unless the values differ by more than a smooth function would, as on both sides of a jump.
_JUMP = 1e-3
# torch's own names: `F.logsigmoid` arrives as "log_sigmoid", `nn.ReLU6` as "hardtanh".
_ELEMENTWISE_NAMES = """
    relu relu6 leaky_relu prelu elu selu celu gelu silu mish softplus softsign sigmoid log_sigmoid
    tanh tanhshrink softshrink hardshrink hardtanh hardsigmoid hardswish threshold sin cos exp expm1
    log log1p log2 log10 sqrt rsqrt reciprocal square pow abs clamp clamp_min clamp_max clip erf
"""
_ELEMENTWISE = frozenset(_ELEMENTWISE_NAMES.split())
_PRODUCTS = frozenset(("mul", "multiply", "rmul", "matmul", "rmatmul", "bmm", "mm", "einsum"))
_DIVISIONS = frozenset(("div", "divide", "true_divide", "truediv", "itruediv"))
# Linear, but they write into their first argument.
_UPDATES = frozenset(("setitem", "iadd", "isub"))


def find_rule(func: Callable, args, kwargs) -> Callable | None:
    """Find the rule for a call of a torch function; None if it may be linear."""
    name = function_name(func)
    writes = is_in_place(func)
    if name in _ELEMENTWISE or name in _RULES:
        if writes:
            # A rule returns a new pair, so that the caller's tensor would keep its old values.
            raise UnsupportedOperationError(func.__name__)
        return _RULES[name] if name in _RULES else partial(_rescale, func)
    if (writes or name in _UPDATES) and not isinstance(args[0], Paired):
        # A plain tensor cannot hold the pair that is written into it.
        raise UnsupportedOperationError(func.__name__)
    if name in _DIVISIONS and isinstance(args[1], Paired):
        return _divide
    is_product = name in _PRODUCTS and count_pairs(args, kwargs) > 1
    return partial(_multiply, func) if is_product else None


class _WithSlope(torch.autograd.Function):
    """Value of any function whose gradient with respect to `x` is a given slope."""

    @staticmethod
    def forward(ctx, x, value, slope):
        ctx.save_for_backward(slope)
        return value.view_as(value)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None, None


class _WithGradientOf(torch.autograd.Function):
    """Value of any function whose gradients are those of its stand-in."""

    @staticmethod
    def forward(ctx, stand_in, value):
        return value.view_as(value)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def _rescale(func: Callable, x, *args, **kwargs) -> torch.Tensor:
    """Apply the Rescale rule to an elementwise function."""
    if not isinstance(x, Paired) or count_pairs(args, kwargs):
        raise UnsupportedOperationError(func.__name__)
    if "inplace" in kwargs:
        kwargs["inplace"] = False
    actual, baseline = parts(x)
    with torch.no_grad():
        value, other = func(actual, *args, **kwargs), func(baseline, *args, **kwargs)
        step, rise = actual - baseline, value - other
        slope = rise / step
        # Negated, so that the distance of two infinities (attention masks), NaN, counts as close.
        is_close = ~(step.abs() >= _CLOSE) & ~((rise.abs() > _JUMP) & (step != 0))
    if is_close.any():
        slope = torch.where(is_close, _derivative(func, actual, args, kwargs), slope)
    return pair(_WithSlope.apply(actual, value, slope), other)


@torch.enable_grad()
def _derivative(func: Callable, x: torch.Tensor, args, kwargs) -> torch.Tensor:
    x = x.detach().requires_grad_()
    return torch.autograd.grad(func(x, *args, **kwargs).sum(), x)[0]


def _rrelu(x, lower=1 / 8, upper=1 / 3, training=False, inplace=False) -> torch.Tensor:
    """Apply the Rescale rule to the fixed slope that RReLU has in evaluation mode."""
    if training:
        # The slope is drawn for each entry and call, hence differs between the two parts.
        raise UnsupportedOperationError("rrelu")
    return _rescale(F.leaky_relu, x, (lower + upper) / 2)


def _multiply(func: Callable, *args, **kwargs) -> torch.Tensor:
    """Apply the product rule to a function that is linear in each of two pairs."""
    indices = [i for i, arg in enumerate(args) if isinstance(arg, Paired)]
    if len(indices) != 2 or count_pairs(args, kwargs) != 2:
        raise UnsupportedOperationError(func.__name__)
    (left, left_baseline), (right, right_baseline) = (parts(args[i]) for i in indices)

    def compute(a, b):
        factors = list(args)
        factors[indices[0]], factors[indices[1]] = a, b
        return func(*factors, **kwargs)

    with torch.no_grad():
        value, other = compute(left, right), compute(left_baseline, right_baseline)
        left_mean, right_mean = (left + left_baseline) / 2, (right + right_baseline) / 2
    stand_in = compute(left, right_mean) + compute(left_mean, right)
    return pair(_WithGradientOf.apply(stand_in, value), other)


def _multiply_in_place(x, y) -> torch.Tensor:
    # `x *= y` binds x to what the operator returns, which may therefore be a new tensor.
    return x * y


def _divide(x, y) -> torch.Tensor:
    return x * torch.reciprocal(y)


def _divide_constant(x, y) -> torch.Tensor:
    return torch.reciprocal(x) * y


def _power_of_constant(x, base) -> torch.Tensor:
    return torch.exp(x * torch.log(torch.as_tensor(base, dtype=x.dtype, device=x.device)))


def _select(
    x: Paired,
    values: tuple[torch.Tensor, torch.Tensor],
    indices: tuple[torch.Tensor, torch.Tensor],
    dim: int,
) -> torch.Tensor:
    """Apply the rule for maxima.

    `values` and `indices` along `dim` are those of the sequences and of the baselines. The entry
    that attains the larger maximum receives the difference. It changed by at least as much as the
    maximum did, since it was at most the smaller one: the slope is in [0, 1].
    """
    actual, baseline = parts(x)
    value, other = values
    with torch.no_grad():
        winner = torch.where(value >= other, *indices)
        step = (actual - baseline).gather(dim, winner)
        # NaN and infinities arise at masked (-inf) entries, which have no difference to pass on.
        slope = torch.where(step == 0, 1, (value - other) / step).nan_to_num(0, 0, 0)
    return pair(_WithSlope.apply(actual.gather(dim, winner), value, slope), other)


def _amax(x, dim=(), keepdim: bool = False) -> torch.Tensor:
    dims = range(x.dim()) if dim == () else (dim if isinstance(dim, tuple | list) else (dim,))
    for axis in sorted((axis % x.dim() for axis in dims), reverse=True):
        x = _max_along(x, axis)
        x = x if keepdim else x.squeeze(axis)
    return x


def _max_along(x: Paired, dim: int) -> torch.Tensor:
    actual, baseline = parts(x)
    with torch.no_grad():
        largest, largest_baseline = (part.max(dim, keepdim=True) for part in (actual, baseline))
    return _select(
        x,
        (largest.values, largest_baseline.values),
        (largest.indices, largest_baseline.indices),
        dim,
    )


def _amin(x, dim=(), keepdim: bool = False) -> torch.Tensor:
    return -_amax(-x, dim, keepdim)


def _max(x, dim=None, keepdim: bool = False):
    if isinstance(dim, torch.Tensor):
        return _maximum(x, dim)
    if dim is None:
        return _amax(x)
    # Indices carry no differences; those of the sequences are returned, as without DeepLIFT.
    with torch.no_grad():
        indices = parts(x)[0].argmax(dim, keepdim)
    return torch.return_types.max((_amax(x, dim, keepdim), indices))


def _maximum(x, y) -> torch.Tensor:
    return _amax(torch.stack(torch.broadcast_tensors(x, y)), 0)


def _max_pool(pool: Callable, x, *args, return_indices: bool = False, **kwargs) -> torch.Tensor:
    if return_indices:
        raise UnsupportedOperationError(pool.__name__)
    both = parts(x)
    with torch.no_grad():
        (value, index), (other, other_index) = (
            pool(part, *args, return_indices=True, **kwargs) for part in both
        )
    # Indices of pooling count positions of all spatial axes as one.
    flat = pair(both[0].flatten(2), both[1].flatten(2))
    values, indices = (
        (value.flatten(2), other.flatten(2)),
        (index.flatten(2), other_index.flatten(2)),
    )
    return _select(flat, values, indices, 2).unflatten(2, value.shape[2:])


def _softmax(x, dim: int, **kwargs) -> torch.Tensor:
    powers = torch.exp(x - _largest(x, dim))
    return powers / powers.sum(dim, keepdim=True)


def _log_softmax(x, dim: int, **kwargs) -> torch.Tensor:
    return x - _logsumexp(x, dim, keepdim=True)


def _logsumexp(x, dim: int, keepdim: bool = False) -> torch.Tensor:
    largest = _largest(x, dim)
    total = torch.log(torch.exp(x - largest).sum(dim, keepdim=True)) + largest
    return total if keepdim else total.squeeze(dim)


@torch.no_grad()
def _largest(x: Paired, dim: int) -> torch.Tensor:
    """Return a constant that keeps the exponentials of both parts from overflowing.

    It has to be one constant for both parts: subtracting a maximum of each would itself be a
    difference to propagate.
    """
    actual, baseline = parts(x)
    return torch.maximum(actual, baseline).amax(dim, keepdim=True)


def _batch_norm(
    x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
) -> torch.Tensor:
    """Apply batch normalization with running statistics as a scale and a shift.

    It is linear, but torch's own backward pass is wrong for a single sequence whose strides are
    those of the channels-last format.
    """
    if training or running_mean is None:
        # Statistics of the batch would mix sequences with each other.
        raise UnsupportedOperationError("batch_norm")
    scale = torch.rsqrt(running_var + eps)
    scale = scale if weight is None else scale * weight
    shift = -running_mean * scale
    shift = shift if bias is None else shift + bias
    shape = (1, -1, *(1,) * (x.dim() - 2))
    return x * scale.view(shape) + shift.view(shape)


def _layer_norm(x, normalized_shape, weight=None, bias=None, eps: float = 1e-5) -> torch.Tensor:
    dims = tuple(range(-len(normalized_shape), 0))
    centered = x - x.mean(dims, keepdim=True)
    variance = torch.square(centered).mean(dims, keepdim=True)
    x = centered * torch.rsqrt(variance + eps)
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _glu(x, dim: int = -1) -> torch.Tensor:
    values, gates = x.chunk(2, dim)
    return values * torch.sigmoid(gates)


def _attend(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, **kwargs
) -> torch.Tensor:
    if is_causal or kwargs.get("enable_gqa"):
        raise UnsupportedOperationError("scaled_dot_product_attention")
    logits = query @ key.transpose(-1, -2) * (scale or query.shape[-1] ** -0.5)
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        logits = logits.masked_fill(~attn_mask, -torch.inf)
    elif attn_mask is not None:
        logits = logits + attn_mask
    return torch.softmax(logits, dim=-1) @ value


def _score_kmers(path, x) -> torch.Tensor:
    return path.linear(damp(count_kmers(x, path.max_k)))


_RULES: dict[str, Callable] = {
    "imul": _multiply_in_place,
    "rdiv": _divide_constant,
    "rtruediv": _divide_constant,
    "rpow": _power_of_constant,
    "rrelu": _rrelu,
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
