"""Layer maps: which weight of a published file is which weight of a network of the zoo."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from skgenomics.zoo._weight_files import WeightFile

_KINDS = {
    "convolution": (nn.Conv1d, nn.Conv2d),
    "linear layer": (nn.Linear,),
    "normalization": (nn.BatchNorm1d,),
    "recurrent layer": (nn.RNNBase,),
}


class MisfitError(ValueError):
    """A file of weights is of another network."""


@dataclass(frozen=True)
class InOrder:
    """Layers of a file in the order of those of the network, for each kind of layer.

    The names of layers do not matter, which differ between copies of a network.

    Parameters
    ----------
    symbols : str, default="ACGT"
        Order of the input channels of the published network.
    order : callable or None, default=None
        Function of a network that returns the names of its layers in the order in which the
        published one was built; None for the order of its modules.
    """

    symbols: str = "ACGT"
    order: Callable[[nn.Module], list[str]] | None = None

    def match(self, file: WeightFile, network: nn.Module) -> dict[str, np.ndarray]:
        """Find the weights of a network in a file.

        Parameters
        ----------
        file : WeightFile
            The file.
        network : torch.nn.Module
            The network.

        Returns
        -------
        dict of str to ndarray
            Arrays by the names of the network, in the shapes of its weights.

        Raises
        ------
        MisfitError
            If the file has more or fewer layers, or a weight has another shape; the message names
            the first one.
        """
        modules = dict(network.named_modules())
        names = list(modules) if self.order is None else self.order(network)
        theirs = {kind: [] for kind in _KINDS}  # type: dict[str, list]
        for layer, arrays in file.layers().items():
            kind = _kind_of_arrays(arrays)
            if kind is not None:
                theirs[kind].append((layer, arrays))
        found: dict[str, np.ndarray] = {}
        is_first = dict.fromkeys(_KINDS, True)
        counts = dict.fromkeys(_KINDS, 0)
        for name in names:
            kind = _kind_of_module(modules[name])
            if kind is None:
                continue
            if counts[kind] == len(theirs[kind]):
                raise MisfitError(
                    f"the network has the {kind} {name}, but {file.path!r} has only "
                    f"{len(theirs[kind])} of this kind"
                )
            layer, arrays = theirs[kind][counts[kind]]
            counts[kind] += 1
            arrays = dict(arrays)
            if "weight_ih_l0" in arrays:
                # Keras has one bias for both matrices.
                arrays.setdefault("bias_hh_l0", np.zeros_like(arrays["bias_ih_l0"]))
            if kind == "convolution" and is_first[kind]:
                arrays["weight"] = _order_channels(arrays["weight"], self.symbols)
            if kind == "linear layer" and is_first[kind] and file.is_keras:
                arrays["weight"] = _order_flat(arrays["weight"], network)
            is_first[kind] = False
            for own, tensor in modules[name].state_dict().items():
                if own != "num_batches_tracked":
                    source = f"{layer}.{own}"
                    found[f"{name}.{own}"] = fit_shape(
                        f"{name}.{own}", tensor, source, arrays.get(own), file.path
                    )
        for kind, count in counts.items():
            if count < len(theirs[kind]):
                layer, _ = theirs[kind][count]
                raise MisfitError(
                    f"{file.path!r} has the {kind} {layer!r}, but the network has only {count} of "
                    "this kind"
                )
        return found


@dataclass(frozen=True)
class ByName:
    """Weights of a file by their names.

    Parameters
    ----------
    names : dict of str to str
        Regular expressions of names in the network, and replacements that give those in the file;
        the first expression that matches counts. Where a replacement has several names, joined by
        "+", their arrays are concatenated.
    prefixes : tuple of str, default=("",)
        Prefixes that the names in a file may have.
    missing : tuple of str, default=()
        Parts of the network that no file has.
    convert : callable or None, default=None
        Function of a name in the network and an array, which returns the array as it is needed.
    length_from : str or None, default=None
        Name of an array in the file whose second axis is the length that the network was built for.
    """

    names: dict[str, str]
    prefixes: tuple[str, ...] = ("",)
    missing: tuple[str, ...] = ()
    convert: Callable[[str, np.ndarray], np.ndarray] | None = None
    length_from: str | None = None

    def match(self, file: WeightFile, network: nn.Module) -> dict[str, np.ndarray]:
        """Find the weights of a network in a file, see :meth:`InOrder.match`."""
        wanted = {
            name: tensor
            for name, tensor in network.state_dict().items()
            if not name.startswith(self.missing or ("\n",))
            and not name.endswith("num_batches_tracked")
        }
        sources = {name: self._sources(name) for name in wanted}
        prefix = self._find_prefix(file, next(iter(sources.values()))[0])
        found = {}
        for name, tensor in wanted.items():
            parts = [file.tensors.get(prefix + source) for source in sources[name]]
            known = [part for part in parts if part is not None]
            array = None
            if len(known) == len(parts):
                array = known[0] if len(known) == 1 else np.concatenate(known)
                array = array if self.convert is None else self.convert(name, array)
            source = prefix + "+".join(sources[name])
            found[name] = fit_shape(name, tensor, source, array, file.path)
        return found

    def find_length(self, file: WeightFile) -> int | None:
        """Find the length that a published network was built for, if its file tells.

        Parameters
        ----------
        file : WeightFile
            The file.

        Returns
        -------
        int or None
        """
        if self.length_from is None:
            return None
        name = self._find_prefix(file, self.length_from) + self.length_from
        return file.tensors[name].shape[1] if name in file.tensors else None

    def _find_prefix(self, file: WeightFile, name: str) -> str:
        fitting = [prefix for prefix in self.prefixes if prefix + name in file.tensors]
        return fitting[0] if fitting else self.prefixes[0]

    def _sources(self, name: str) -> list[str]:
        for pattern, replacement in self.names.items():
            if re.fullmatch(pattern, name):
                return re.sub(pattern, replacement, name).split("+")
        raise AssertionError(f"the layer map has no name for {name}")


def fit_shape(
    name: str, tensor: torch.Tensor, source: str, array: np.ndarray | None, path: str
) -> np.ndarray:
    """Reshape an array to that of a weight, from which it may differ by axes of size 1.

    Parameters
    ----------
    name : str
        Name of the weight in the network.
    tensor : Tensor
        Weight of the network.
    source : str
        Name of the weight in the file.
    array : ndarray or None
        Weight in the file; None if there is none.
    path : str
        The file.

    Returns
    -------
    ndarray
        Array of the shape of the weight.

    Raises
    ------
    MisfitError
        If the file has no such weight, or one of another shape.
    """
    shape = tuple(tensor.shape)
    if array is None:
        raise MisfitError(f"{path!r} has no {source!r}, which is {name} of shape {shape} here")
    if _without_ones(array.shape) != _without_ones(shape):
        raise MisfitError(
            f"{source!r} of {path!r} has the shape {array.shape}, but {name} of the network has "
            f"the shape {shape}"
        )
    return array.reshape(shape)


def _without_ones(shape: Iterable[int]) -> list[int]:
    return [size for size in shape if size != 1]


def _kind_of_module(module: nn.Module) -> str | None:
    for kind, types in _KINDS.items():
        if isinstance(module, types):
            return kind
    return None


def _kind_of_arrays(arrays: dict[str, np.ndarray]) -> str | None:
    if "weight_ih_l0" in arrays:
        return "recurrent layer"
    if "running_mean" in arrays:
        return "normalization"
    if "weight" not in arrays or arrays["weight"].ndim < 2:
        return None
    return "linear layer" if arrays["weight"].ndim == 2 else "convolution"


def _order_channels(kernel: np.ndarray, symbols: str) -> np.ndarray:
    """Bring the input channels of the first convolution into the order of the alphabet."""
    if symbols == "ACGT" or kernel.shape[1] != len(symbols):
        return kernel
    return kernel[:, [symbols.index(symbol) for symbol in "ACGT"]]


def _order_flat(weight: np.ndarray, network: Any) -> np.ndarray:
    """Let a dense layer of Keras, which reads all channels of a position in turn, read as here."""
    trunk: Any = getattr(network, "trunk", None)
    size = getattr(trunk, "n_features", 0) * getattr(trunk, "length_out", 0)
    if weight.shape[1] != size or network.pool.ways != ("flatten",):
        return weight
    n_outputs = len(weight)
    by_position = weight.reshape(n_outputs, trunk.length_out, trunk.n_features)
    return by_position.transpose(0, 2, 1).reshape(n_outputs, size)


def _splice_order(network: nn.Module) -> list[str]:
    """Order the layers of SpliceAI as they were built: skips stand between the blocks."""
    trunk: Any = network.trunk
    names = ["trunk.stem.0.conv", "trunk.skips.0"]
    for i, block in enumerate(trunk.blocks):
        for j in range(len(block.units)):
            names += [f"trunk.blocks.{i}.units.{j}.norm", f"trunk.blocks.{i}.units.{j}.conv"]
        if str(i + 1) in trunk.skips:
            names.append(f"trunk.skips.{i + 1}")
    return [*names, "output"]


# Token ids of HyenaDNA: special ones, a reserved and an unknown one, then A, C, G, T and N. Here
# they are padding, unknown symbols and the four bases.
_HYENA_ROWS = [4, 11, 7, 8, 9, 10]


def _convert_hyena(name: str, array: np.ndarray) -> np.ndarray:
    if not name.endswith("embedding.layer.weight"):
        return array
    rest = [row for row in range(len(array)) if row not in _HYENA_ROWS]
    return array[_HYENA_ROWS + rest]


_HYENA = ByName(
    names={
        r"trunk\.embedding\.layer\.weight": "embeddings.word_embeddings.weight",
        r"trunk\.blocks\.(\d+)\.mixer_norm\.(.*)": r"layers.\1.norm1.\2",
        r"trunk\.blocks\.(\d+)\.feedforward_norm\.(.*)": r"layers.\1.norm2.\2",
        r"trunk\.blocks\.(\d+)\.mixer\.passing": r"layers.\1.mixer.filter_fn.bias",
        r"trunk\.blocks\.(\d+)\.mixer\.project\.(.*)": r"layers.\1.mixer.in_proj.\2",
        r"trunk\.blocks\.(\d+)\.mixer\.short\.conv\.(.*)": r"layers.\1.mixer.short_filter.\2",
        r"trunk\.blocks\.(\d+)\.mixer\.filters\.frequencies": (
            r"layers.\1.mixer.filter_fn.implicit_filter.1.freq"
        ),
        r"trunk\.blocks\.(\d+)\.mixer\.filters\.hidden\.0\.(.*)": (
            r"layers.\1.mixer.filter_fn.implicit_filter.0.\2"
        ),
        r"trunk\.blocks\.(\d+)\.mixer\.filters\.hidden\.1\.(.*)": (
            r"layers.\1.mixer.filter_fn.implicit_filter.2.\2"
        ),
        r"trunk\.blocks\.(\d+)\.mixer\.filters\.hidden\.2\.(.*)": (
            r"layers.\1.mixer.filter_fn.implicit_filter.4.\2"
        ),
        r"trunk\.blocks\.(\d+)\.mixer\.filters\.out\.(.*)": (
            r"layers.\1.mixer.filter_fn.implicit_filter.6.\2"
        ),
        r"trunk\.blocks\.(\d+)\.mixer\.out\.(.*)": r"layers.\1.mixer.out_proj.\2",
        r"trunk\.blocks\.(\d+)\.feedforward\.widen\.(.*)": r"layers.\1.mlp.fc1.\2",
        r"trunk\.blocks\.(\d+)\.feedforward\.narrow\.(.*)": r"layers.\1.mlp.fc2.\2",
        r"trunk\.final_norm\.(.*)": r"ln_f.\1",
    },
    prefixes=("backbone.", "hyena.backbone.", "model.backbone.", ""),
    missing=("output.",),
    convert=_convert_hyena,
    length_from="layers.0.mixer.filter_fn.pos_emb.z",
)

_BPNET = ByName(
    names={
        r"trunk\.stem\.0\.conv\.(.*)": r"iconv.\1",
        r"trunk\.blocks\.(\d+)\.units\.0\.conv\.(.*)": r"rconvs.\1.\2",
        r"profile\.(.*)": r"fconv.\1",
        r"count\.(.*)": r"linear.\1",
    },
    prefixes=("", "accessibility.", "model."),
)

# Modules of enformer-pytorch that stand inside of nn.Sequential are known by their numbers.
_ENFORMER = ByName(
    names={
        r"trunk\.stages\.0\.conv\.conv\.(.*)": r"stem.0.\1",
        r"trunk\.stages\.0\.pointwise\.norm\.(.*)": r"stem.1.fn.0.\1",
        r"trunk\.stages\.0\.pointwise\.conv\.(.*)": r"stem.1.fn.2.\1",
        r"trunk\.stages\.0\.pool\.logits\.(.*)": r"stem.2.to_attn_logits.\1",
        r"trunk\.blocks\.(\d+)\.attention_norm\.(.*)": r"transformer.\1.0.fn.0.\2",
        r"trunk\.blocks\.(\d+)\.attention\.query\.(.*)": r"transformer.\1.0.fn.1.to_q.\2",
        r"trunk\.blocks\.(\d+)\.attention\.key\.(.*)": r"transformer.\1.0.fn.1.to_k.\2",
        r"trunk\.blocks\.(\d+)\.attention\.value\.(.*)": r"transformer.\1.0.fn.1.to_v.\2",
        r"trunk\.blocks\.(\d+)\.attention\.out\.(.*)": r"transformer.\1.0.fn.1.to_out.\2",
        r"trunk\.blocks\.(\d+)\.attention\.position_key\.(.*)": (
            r"transformer.\1.0.fn.1.to_rel_k.\2"
        ),
        r"trunk\.blocks\.(\d+)\.attention\.content_bias": (
            r"transformer.\1.0.fn.1.rel_content_bias"
        ),
        r"trunk\.blocks\.(\d+)\.attention\.position_bias": r"transformer.\1.0.fn.1.rel_pos_bias",
        r"trunk\.blocks\.(\d+)\.feedforward_norm\.(.*)": r"transformer.\1.1.fn.0.\2",
        r"trunk\.blocks\.(\d+)\.feedforward\.widen\.(.*)": r"transformer.\1.1.fn.1.\2",
        r"trunk\.blocks\.(\d+)\.feedforward\.narrow\.(.*)": r"transformer.\1.1.fn.4.\2",
        r"trunk\.pointwise\.norm\.(.*)": r"final_pointwise.1.0.\1",
        r"trunk\.pointwise\.conv\.(.*)": r"final_pointwise.1.2.\1",
        r"profile\.(.*)": r"_heads.human.0.\1+_heads.mouse.0.\1",
        # Stages after the first one are numbered from zero.
        **{
            rf"trunk\.stages\.{i}\.{ours}\.(.*)": rf"conv_tower.{i - 1}.{theirs}.\1"
            for i in range(1, 8)
            for ours, theirs in (
                (r"conv\.norm", "0.0"),
                (r"conv\.conv", "0.2"),
                (r"pointwise\.norm", "1.fn.0"),
                (r"pointwise\.conv", "1.fn.2"),
                (r"pool\.logits", "2.to_attn_logits"),
            )
        },
    },
)


def _convert_legnet(name: str, array: np.ndarray) -> np.ndarray:
    return _order_channels(array, "AGCT") if name == "trunk.stem.conv.weight" else array


_LEGNET = ByName(
    names={
        r"trunk\.stem\.conv\.(.*)": r"stem.block.0.\1",
        r"trunk\.stem\.norm\.(.*)": r"stem.block.1.\1",
        r"trunk\.blocks\.(\d+)\.expand\.conv\.(.*)": r"main.\1.0.fn.block.0.\2",
        r"trunk\.blocks\.(\d+)\.expand\.norm\.(.*)": r"main.\1.0.fn.block.1.\2",
        r"trunk\.blocks\.(\d+)\.depthwise\.(.*)": r"main.\1.0.fn.block.3.\2",
        r"trunk\.blocks\.(\d+)\.depthwise_norm\.(.*)": r"main.\1.0.fn.block.4.\2",
        r"trunk\.blocks\.(\d+)\.squeeze\.(.*)": r"main.\1.0.fn.block.6.fc.0.\2",
        r"trunk\.blocks\.(\d+)\.excite\.(.*)": r"main.\1.0.fn.block.6.fc.2.\2",
        r"trunk\.blocks\.(\d+)\.project\.conv\.(.*)": r"main.\1.0.fn.block.7.\2",
        r"trunk\.blocks\.(\d+)\.project\.norm\.(.*)": r"main.\1.0.fn.block.8.\2",
        r"trunk\.blocks\.(\d+)\.local\.conv\.(.*)": r"main.\1.1.block.0.\2",
        r"trunk\.blocks\.(\d+)\.local\.norm\.(.*)": r"main.\1.1.block.1.\2",
        r"trunk\.mapper\.norm\.(.*)": r"mapper.block.0.\1",
        r"trunk\.mapper\.conv\.(.*)": r"mapper.block.1.\1",
        r"hidden\.1\.(.*)": r"head.0.\1",
        r"hidden\.2\.(.*)": r"head.1.\1",
        r"output\.(.*)": r"head.3.\1",
    },
    prefixes=("", "model."),
    convert=_convert_legnet,
)


def _convert_malinois(name: str, array: np.ndarray) -> np.ndarray:
    """Join the layers of all branches, which have axes of their own in the file."""
    if not name.startswith(("branches.", "output.")):
        return array
    if name.endswith("bias"):
        return array.reshape(-1)
    return array.transpose(0, 2, 1).reshape(-1, array.shape[1])


_MALINOIS = ByName(
    names={
        **{rf"trunk\.blocks\.{i}\.unit\.conv\.(.*)": rf"conv{i + 1}.conv.\1" for i in range(3)},
        **{rf"trunk\.blocks\.{i}\.unit\.norm\.(.*)": rf"conv{i + 1}.bn_layer.\1" for i in range(3)},
        r"hidden\.(.*)": r"linear1.linear.\1",
        r"hidden_norm\.(.*)": r"linear1.bn_layer.\1",
        **{rf"branches\.{i}\.conv\.(.*)": rf"branched.branched_layer_{i + 1}.\1" for i in range(3)},
        r"output\.conv\.(.*)": r"output.\1",
    },
    prefixes=("", "model."),
    convert=_convert_malinois,
)

_EXPLAINN = ByName(
    names={
        r"trunk\.blocks\.0\.unit\.conv\.(.*)": r"linears.0.\1",
        r"trunk\.blocks\.0\.unit\.norm\.(.*)": r"linears.1.\1",
        r"hidden\.conv\.(.*)": r"linears.6.\1",
        r"hidden_norm\.(.*)": r"linears.7.\1",
        r"unit\.conv\.(.*)": r"linears.10.\1",
        r"unit_norm\.(.*)": r"linears.11.\1",
        r"output\.(.*)": r"final.\1",
    },
)

# Poolings and dropout stand ahead of the convolutions of all stages but the first.
_SEI = ByName(
    names={
        **{
            rf"trunk\.linear\.{stage}\.{i}\.(.*)": rf"lconv{stage + 1}.{i + 2 * (stage > 0)}.\1"
            for stage in range(3)
            for i in range(2)
        },
        **{
            rf"trunk\.curved\.{stage}\.{i}\.(.*)": rf"conv{stage + 1}.{i + (stage > 0)}.\1"
            for stage in range(3)
            for i in (0, 2)
        },
        **{rf"trunk\.dilated\.{i}\.(.*)": rf"dconv{i + 1}.1.\1" for i in range(5)},
        r"hidden\.(.*)": r"classifier.0.\1",
        r"output\.(.*)": r"classifier.2.\1",
    },
    prefixes=("module.model.", "model.", "module.", ""),
)


def _convert_convnova(name: str, array: np.ndarray) -> np.ndarray:
    # The second branch of the authors reads the complement.
    return array[:, [3, 2, 1, 0, 4]] if name == "trunk.gate_stem.weight" else array


_CONVNOVA = ByName(
    names={
        r"trunk\.stem\.(.*)": r"linear.\1",
        r"trunk\.gate_stem\.(.*)": r"rc_linear.\1",
        r"trunk\.blocks\.(\d+)\.norm\.(.*)": r"norms.\1.\2",
        r"trunk\.blocks\.(\d+)\.gate_norm\.(.*)": r"rc_norms.\1.\2",
        r"trunk\.blocks\.(\d+)\.conv\.(.*)": r"convs.\1.\2",
        r"trunk\.blocks\.(\d+)\.gate\.(.*)": r"gates.\1.\2",
        r"trunk\.blocks\.(\d+)\.feedforward\.(.*)": r"mlpgroup2.\1.\2",
        r"trunk\.dense\.(.*)": r"milinear.\1",
    },
    prefixes=("", "model."),
    missing=("output.",),
    convert=_convert_convnova,
)

# Layers of the transformer, as in the port of Enformer to torch.
_TRANSFORMER_NAMES = {
    pattern: name for pattern, name in _ENFORMER.names.items() if name.startswith("transformer.")
}
_BORZOI = ByName(
    names={
        r"trunk\.stem\.conv\.(.*)": r"conv_dna.conv_layer.\1",
        **{
            rf"trunk\.tower\.{i}\.{ours}\.(.*)": rf"{part}.{theirs}.\1"
            for i, part in enumerate([*(f"res_tower.{2 * j}" for j in range(5)), "unet1.1"])
            for ours, theirs in (("norm", "norm"), ("conv", "conv_layer"))
        },
        **_TRANSFORMER_NAMES,
        **{
            rf"trunk\.ups\.{i}\.{ours}\.(.*)": rf"{theirs}.\1"
            for i, j in ((0, 1), (1, 0))
            for ours, theirs in (
                ("norm", f"upsampling_unet{j}.0.norm"),
                ("conv", f"upsampling_unet{j}.0.conv_layer"),
                (r"finer\.norm", f"horizontal_conv{j}.norm"),
                (r"finer\.conv", f"horizontal_conv{j}.conv_layer"),
                ("depthwise", f"separable{j}.conv_layer.0"),
                ("pointwise", f"separable{j}.conv_layer.1"),
            )
        },
        r"trunk\.final\.norm\.(.*)": r"final_joined_convs.0.norm.\1",
        r"trunk\.final\.conv\.(.*)": r"final_joined_convs.0.conv_layer.\1",
        r"profile\.(.*)": r"human_head.\1",
    },
    prefixes=("", "model."),
)

# Token ids of A, C, G and T, as in HyenaDNA.
_BASE_ROWS = [7, 8, 9, 10]


def _convert_caduceus(name: str, array: np.ndarray) -> np.ndarray:
    return array[_BASE_ROWS].T if name == "trunk.embedding.weight" else array


def _caduceus(mixer: str, embedding: str) -> ByName:
    parts = {
        r"conv\.(.*)": r"conv1d.\2",
        r"select\.(.*)": r"x_proj.\2",
        r"step\.(.*)": r"dt_proj.\2",
        "log_decay": "A_log",
        "passing": "D",
    }
    return ByName(
        names={
            r"trunk\.embedding\.weight": f"embeddings.word_embeddings.{embedding}weight",
            r"trunk\.blocks\.(\d+)\.norm\.(.*)": r"layers.\1.norm.\2",
            r"trunk\.blocks\.(\d+)\.project\.(.*)": rf"layers.\1.{mixer}mamba_fwd.in_proj.\2",
            r"trunk\.blocks\.(\d+)\.out\.(.*)": rf"layers.\1.{mixer}mamba_fwd.out_proj.\2",
            **{
                rf"trunk\.blocks\.(\d+)\.directions\.{i}\.{ours}": (
                    rf"layers.\1.{mixer}mamba_{direction}.{theirs}"
                )
                for i, direction in enumerate(("fwd", "rev"))
                for ours, theirs in parts.items()
            },
            r"trunk\.final_norm\.(.*)": r"norm_f.\1",
        },
        prefixes=("caduceus.backbone.", "backbone.", ""),
        missing=("output.",),
        convert=_convert_caduceus,
    )


_DEEPSEA = InOrder(symbols="AGCT")
LAYER_MAPS: dict[str, InOrder | ByName] = {
    "DeepSEA": _DEEPSEA,
    "Beluga": _DEEPSEA,
    "DanQ": _DEEPSEA,
    "DanQ-JASPAR": _DEEPSEA,
    "Basset": InOrder(),
    "DeepSTARR": InOrder(),
    "Scover": InOrder(),
    **{
        f"SpliceAI-{context}": InOrder(order=_splice_order)
        for context in ("80", "400", "2k", "10k")
    },
    "BPNet": _BPNET,
    "BPNet-control": _BPNET,
    "Enformer": _ENFORMER,
    "Enformer-mini": ByName(_ENFORMER.names | {r"profile\.(.*)": r"_heads.human.0.\1"}),
    **{f"HyenaDNA-{size}": _HYENA for size in ("tiny", "tiny-d256", "small", "medium")},
    "MPRALegNet": _LEGNET,
    "Malinois": _MALINOIS,
    "ExplaiNN": _EXPLAINN,
    "Sei": _SEI,
    "ConvNova": _CONVNOVA,
    "Borzoi": _BORZOI,
    **{
        f"Caduceus-{kind}-{size}": layer_map
        for kind, layer_map in (
            ("PH", _caduceus("mixer.", "")),
            ("PS", _caduceus("mixer.submodule.", "embedding.")),
        )
        for size in ("1k-d118", "1k-d256", "131k")
    },
}
