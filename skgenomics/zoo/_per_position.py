"""Networks that label positions, or predict profiles along a sequence."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from skgenomics.estimators import PairLabeler, PairRegressor, ProfileRegressor, SequenceLabeler
from skgenomics.zoo._entry import TRAINING, Entry, conv, dense

_ADAM = {"optimizer": "adam", "learning_rate": 1e-3}
# Default of Keras for batch normalization, where torch has 1e-5.
_KERAS_EPSILON = 1e-3

# Width and dilation of the four blocks of each stage, and number of parameters up to it.
_SPLICE_STAGES = {
    "80": (11, 1, 93_251),
    "400": (11, 4, 185_187),
    "2k": (21, 10, 359_043),
    "10k": (41, 25, 696_739),
}


def _splice_blocks(n_stages: int) -> list[tuple[int, int]]:
    """Width and dilation of each block of the first stages."""
    return [stage[:2] for stage in list(_SPLICE_STAGES.values())[:n_stages] for _ in range(4)]


def _splice_params(n_stages: int) -> dict:
    kernels, dilations = zip(*_splice_blocks(n_stages), strict=True)
    return {
        "n_filters": 32,
        "kernel_size": kernels,
        "dilation": dilations,
        "stem_filters": 32,
        "stem_kernel_size": 1,
        "stem_order": "conv",
        "skip_every": 4,
        "final_steps": "",
        "dropout": 0.0,
    }


def _splice_ai(n_stages: int) -> Entry:
    context, (_, _, n_parameters) = list(_SPLICE_STAGES.items())[n_stages - 1]
    blocks = _splice_blocks(n_stages)
    # A block has two convolutions, each of which needs half of its span at either end.
    crop = sum(dilation * (kernel - 1) for kernel, dilation in blocks)
    params = _splice_params(n_stages) | {"normalization_epsilon": _KERAS_EPSILON}
    return Entry(
        name=f"SpliceAI-{context}",
        year=2019,
        paper="Jaganathan et al., Cell 176",
        task="splice acceptor, donor or neither at each position",
        input=f"DNA, 5000 positions and {crop} at each end",
        estimator=SequenceLabeler,
        settings=TRAINING
        | {"network": "resnet", "network_params": params, "crop": crop, "batch_size": 12}
        | {"max_iter": 10}
        | _ADAM,
        n_channels=4,
        length=5000 + 2 * crop,
        n_outputs=3,
        n_parameters=n_parameters,
    )


def _bpnet_params(stem_kernel_size: int, n_blocks: int, n_filters: int = 64) -> dict:
    return {
        "n_filters": n_filters,
        "dilation": tuple(2**i for i in range(1, n_blocks + 1)),
        "convs_per_block": 1,
        "block_order": "conv-act",
        "stem_filters": n_filters,
        "stem_kernel_size": stem_kernel_size,
        "stem_order": "conv-act",
        "final_steps": "",
        "dropout": 0.0,
        "crop_counts": stem_kernel_size == 21,
    }


def _bpnet(name: str, **fields: Any) -> Entry:
    settings = {"network_params": _bpnet_params(21, 8), "profile_kernel_size": 75, "crop": "auto"}
    settings = TRAINING | settings | _ADAM | {"loss": "multinomial"} | fields.pop("settings")
    sizes: dict[str, Any] = {
        "year": 2021,
        "paper": "Avsec et al., Nature Genetics 53",
        "n_channels": 4,
        "length": 2114,
        "n_bins": 1000,
    } | fields
    return Entry(name=name, estimator=ProfileRegressor, settings=settings, **sizes)


_BASENJI = {
    "n_filters": 72,
    "bottleneck": 32,
    "dilation": (1, 2, 4, 8, 16, 32),
    "block_order": "act-conv-norm",
    "bias": False,
    "activation": "gelu_sigmoid",
    "softplus_rates": True,
    "dropout": 0.25,
    "stem_filters": (64, 64, 72),
    "stem_kernel_size": (15, 5, 5),
    "stem_pool_size": (8, 4, 4),
    "stem_order": "act-conv-norm-pool",
    "final_steps": "act",
    "hidden_filters": 64,
    "hidden_activation": "gelu_sigmoid",
    "normalization_epsilon": _KERAS_EPSILON,
}
# The distance of a pair enters as its logarithm.
_AKITA = {
    "n_filters": 96,
    "bottleneck": 48,
    "dilation": (1, 2, 3, 5, 9, 16, 29, 50),
    "block_order": "act-conv-norm",
    "bias": False,
    "activation": "relu",
    "dropout": 0.4,
    "stem_filters": (96,) * 11,
    "stem_kernel_size": (11, *(5,) * 10),
    "stem_pool_size": 2,
    "stem_order": "act-conv-norm-pool",
    "final_steps": "",
    "normalization_epsilon": _KERAS_EPSILON,
}
_ENFORMER_MINI = {
    "d_model": 96,
    "n_layers": 2,
    "n_heads": 4,
    "d_key": 16,
    "n_downsamplings": 7,
    "divisible_by": 8,
    "dropout": 0.4,
    "attention_dropout": 0.05,
    "position_dropout": 0.01,
    "softplus_rates": True,
    "activation": "gelu_sigmoid",
}
_ENFORMER = _ENFORMER_MINI | {
    "d_model": 1536,
    "n_layers": 11,
    "n_heads": 8,
    "d_key": 64,
    "divisible_by": 128,
}


_BORZOI_MINI = {
    "stem_filters": 320,
    "stem_kernel_size": 11,
    "tower_filters": 384,
    "d_model": 768,
    "divisible_by": 16,
    "n_layers": 8,
    "n_heads": 4,
    "d_key": 64,
    "softplus_rates": True,
}
_BORZOI = _BORZOI_MINI | {
    "stem_filters": 512,
    "stem_kernel_size": 15,
    "tower_filters": 608,
    "d_model": 1536,
    "divisible_by": 32,
    "n_heads": 8,
    "upsample_conv": True,
    "final_filters": 1920,
}


def _borzoi(name: str, params: dict, learning_rate: float, **fields: Any) -> Entry:
    # The authors split the Poisson loss into those of the total and of the shape of a profile.
    return Entry(
        name=name,
        year=2025,
        paper="Linder et al., Nature Genetics 57",
        estimator=ProfileRegressor,
        settings=TRAINING
        | {"network": "unettransformer", "network_params": params}
        | {"bin_size": 32, "crop": "auto", "optimizer": "adam", "learning_rate": learning_rate}
        | {"max_grad_norm": 0.15, "batch_size": 2, "reverse_complement": "augment"},
        n_channels=4,
        **fields,
    )


# Residual blocks of the authors' code, whose numbers of filters grow from 50 to 75.
_RAPTORX: dict[str, Any] = {
    "n_filters": (30, 35, 40, 45),
    "kernel_size": 15,
    "dilation": 1,
    "block_order": "act-conv-norm",
    "bias": False,
    "stem_filters": 30,
    "stem_kernel_size": 15,
    "stem_order": "conv",
    "final_steps": "",
    "dropout": 0.0,
}


def _raptorx_parameters() -> int:
    """Count the parameters of the network of contacts from its layers."""
    # Batch normalization follows each convolution but that of the stem.
    count = conv(20, 30, 15) - 30
    for n_in, n_out in pairwise((30, *_RAPTORX["n_filters"])):
        count += 15 * n_out * (n_in + n_out) + 4 * n_out + (n_in != n_out) * n_in * n_out
    count += 9 * (3 * 45 + 1) * 60 + 2 * 60
    return count + 30 * 2 * (9 * 60 * 60 + 2 * 60) + dense(60, 2)


def _enformer(name: str, params: dict, **fields: Any) -> Entry:
    return Entry(
        name=name,
        year=2021,
        paper="Avsec et al., Nature Methods 18",
        input="DNA, 196,608 positions",
        estimator=ProfileRegressor,
        settings=TRAINING
        | {"network": "convtransformer", "network_params": params, "bin_size": 128, "crop": "auto"}
        | {"optimizer": "adam", "learning_rate": 5e-4, "max_grad_norm": 0.2}
        | {"reverse_complement": "augment"},
        n_channels=4,
        length=196_608,
        n_bins=896,
        **fields,
    )


ENTRIES = [
    *map(_splice_ai, range(1, 5)),
    Entry(
        name="Basenji-small",
        year=2018,
        paper="Kelley et al., Genome Research 28",
        task="3 coverage tracks in bins of 128",
        input="DNA, 131,072 positions",
        estimator=ProfileRegressor,
        settings=TRAINING
        | {"network": "resnet", "network_params": _BASENJI, "bin_size": 128}
        | {"optimizer": "sgd", "optimizer_params": {"momentum": 0.99}, "learning_rate": 0.1}
        | {"max_grad_norm": 2.0, "reverse_complement": "augment"},
        n_channels=4,
        length=131_072,
        n_outputs=3,
        n_bins=1024,
        n_parameters=109_235,
    ),
    Entry(
        name="Akita",
        year=2020,
        paper="Fudenberg et al., Nature Methods 17",
        task="5 Hi-C maps of 448 bins of 2048",
        input="DNA, 1,048,576 positions",
        estimator=PairRegressor,
        settings=TRAINING
        | {"network": "resnet", "network_params": _AKITA, "bin_size": 2048, "min_separation": 2}
        | {"projection_filters": 64, "projection_kernel_size": 5, "pair_filters": 48}
        | {"pair_bottleneck": 24, "pair_dilation": (1, 2, 3, 5, 9, 16), "pair_dropout": 0.1}
        | {"optimizer": "sgd", "optimizer_params": {"momentum": 0.99575}, "learning_rate": 0.0065}
        | {"max_grad_norm": 10.73, "reverse_complement": "augment", "batch_size": 2},
        n_channels=4,
        length=1_048_576,
        n_outputs=5,
        n_bins=448,
        n_parameters=746_149,
    ),
    # A network of the kind of RaptorX-Contact: 8 convolutions along the sequence, the features of
    # two residues and of the one between them, and 60 convolutions over pairs. No number of its
    # parameters is published. Profiles of the residues are a list of channels instead of text;
    # coevolution of pairs cannot be an input.
    Entry(
        name="RaptorX-type",
        year=2017,
        paper="Wang et al., PLOS Computational Biology 13",
        task="contacts of the residues of a protein",
        input="protein, 300 positions",
        estimator=PairLabeler,
        settings=TRAINING
        | {"network": "resnet", "network_params": _RAPTORX, "alphabet": "protein"}
        | {"pair_features": "outer", "pair_block": "plain", "pair_filters": 60}
        | {"pair_dilation": (1,) * 30, "pair_dropout": 0.0, "min_separation": 6}
        | {"optimizer": "adam", "learning_rate": 2e-4, "weight_decay": 1e-4, "batch_size": 1}
        | {"max_iter": 21},
        n_channels=20,
        length=300,
        n_outputs=2,
        n_bins=300,
        n_parameters=_raptorx_parameters(),
    ),
    _bpnet(
        "BPNet",
        task="profile and total of reads",
        input="DNA, 2114 positions",
        settings={"reverse_complement": "augment"},
        n_outputs=1,
        n_parameters=109_122,
    ),
    _bpnet(
        "BPNet-control",
        task="profiles and totals of reads on both strands",
        input="DNA and 2 control tracks, 2114 positions",
        settings={"n_channels": 6, "n_controls": 2, "joint_tracks": True},
        n_channels=6,
        n_outputs=2,
        n_parameters=114_224,
    ),
    _bpnet(
        "BPNet-2021",
        task="profiles and totals of 4 proteins on both strands",
        input="DNA, 1000 positions",
        settings={"network_params": _bpnet_params(25, 9), "profile_kernel_size": 25},
        length=1000,
        n_outputs=8,
        n_parameters=130_960,
    ),
    # The bias of the enzyme is learned first, by ChromBPNet-bias on closed chromatin. Its expected
    # counts are then a control channel of the main network (n_channels=5, n_controls=1); the
    # authors add its logits instead.
    _bpnet(
        "ChromBPNet",
        year=2024,
        paper="Pampari et al., bioRxiv 2024.12.25.630221",
        task="profile and total of accessibility",
        input="DNA, 2114 positions",
        settings={"network_params": _bpnet_params(21, 8, 512), "reverse_complement": "augment"},
        n_outputs=1,
        n_parameters=6_377_986,
    ),
    _bpnet(
        "ChromBPNet-bias",
        year=2024,
        paper="Pampari et al., bioRxiv 2024.12.25.630221",
        task="profile and total of the bias of an enzyme",
        input="DNA, 2114 positions",
        settings={"network_params": _bpnet_params(21, 4, 128), "reverse_complement": "augment"},
        n_outputs=1,
        n_parameters=217_730,
    ),
    # Its 12 outputs, for 4 tissues the probabilities of a site and of none and the usage of a site,
    # are one layer here. The authors apply softmax and sigmoid.
    Entry(
        name="Pangolin",
        year=2022,
        paper="Zeng and Li, Genome Biology 23",
        task="splice sites and their usage in 4 tissues at each position",
        input="DNA, 5000 positions and 5000 at each end",
        estimator=ProfileRegressor,
        settings=TRAINING
        | {"network": "resnet", "network_params": _splice_params(4), "loss": "mse"}
        | {"crop": 5000, "batch_size": 12, "max_iter": 10}
        | _ADAM,
        n_channels=4,
        length=15_000,
        n_outputs=12,
        n_bins=5000,
        n_parameters=697_036,
    ),
    # The heads for the 5,313 tracks of man and the 1,643 of the mouse, side by side.
    _enformer(
        "Enformer",
        _ENFORMER,
        task="6,956 coverage tracks in bins of 128",
        n_outputs=6956,
        n_parameters=251_221_292,
    ),
    # With the head for man; that for the mouse has 2,608 tracks.
    _borzoi(
        "Borzoi",
        _BORZOI,
        6e-5,
        task="7,611 coverage tracks in bins of 32",
        input="DNA, 524,288 positions",
        length=524_288,
        n_bins=6144,
        n_outputs=7_611,
        n_parameters=185_892_699,
    ),
    _borzoi(
        "Borzoi-mini",
        _BORZOI_MINI,
        1e-4,
        task="2 coverage tracks in bins of 32",
        input="DNA, 393,216 positions",
        length=393_216,
        n_bins=12_288,
        n_outputs=2,
        n_parameters=42_510_688,
        differences={"output layer": dense(768, 2)},
    ),
    _enformer(
        "Enformer-mini",
        _ENFORMER_MINI,
        task="a coverage track in bins of 128",
        n_outputs=1,
        n_parameters=362_720,
        differences={"output layer": dense(192, 1)},
    ),
]
