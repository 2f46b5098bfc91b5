"""Convolutional and fully connected networks."""

from __future__ import annotations

from skgenomics.estimators import CNNClassifier, CNNRegressor, MLPRegressor
from skgenomics.training import Regularization
from skgenomics.zoo._entry import CNN, PATHS, Entry, conv, dense

_ADAM = {"optimizer": "adam", "learning_rate": 1e-3}

# The authors draw rates and momentum at random for each protein; these are in the middle. They pad
# sequences with 1/4 of each base, where these have zeros, and take the better strand, where
# these take the mean of both.
_DEEPBIND = CNN | {
    "n_filters": 16,
    "kernel_size": 24,
    "padding": 23,
    "optimizer": "sgd",
    "optimizer_params": {"momentum": 0.98, "nesterov": True},
    "learning_rate": 0.01,
    "batch_size": 64,
    "hidden_dropout": 0.25,
}
_DEEPBIND_HIDDEN = {"hidden_units": 32, "hidden_dropout": (0.0, 0.25)}
_DEEPBIND_DNA = {"head_pool": "max", "reverse_complement": "average"}
_DEEPBIND_RNA = {"head_pool": ("max", "mean"), "alphabet": "rna"}


def _deepbind(name: str, settings: dict, n_parameters: int) -> Entry:
    is_rna = "alphabet" in settings
    return Entry(
        name=name,
        year=2015,
        paper="Alipanahi et al., Nature Biotechnology 33",
        task="affinity of a protein to RNA" if is_rna else "binding of a transcription factor",
        input="RNA, 41 positions" if is_rna else "DNA, 101 positions",
        estimator=CNNRegressor if is_rna else CNNClassifier,
        settings=_DEEPBIND | settings,
        n_channels=4,
        length=41 if is_rna else 101,
        n_outputs=1,
        n_parameters=n_parameters,
    )


# The rate is that of a later training of the same network; the paper names none.
_DEEPSEA_TRAINING = {
    "optimizer": "sgd",
    "optimizer_params": {"momentum": 0.9},
    "learning_rate": 0.08,
    "batch_size": 64,
    "regularization": Regularization(l2=5e-7, max_norm=0.9),
    "reverse_complement": "average",
}

_DGEX = PATHS | {
    "n_channels": 1,
    "hidden_activation": "tanh",
    "hidden_normalization": None,
    "optimizer": "sgd",
    "optimizer_params": {"momentum": 0.5},
    "learning_rate": 3e-4,
    "batch_size": 200,
    "max_iter": 200,
}


def _dgex(n_layers: int, n_units: int, n_parameters: int) -> Entry:
    return Entry(
        name=f"D-GEX-{n_layers}x{n_units}",
        year=2016,
        paper="Chen et al., Bioinformatics 32",
        task="expression of half of 9,520 genes",
        input="expression of 943 landmark genes",
        estimator=MLPRegressor,
        settings=_DGEX
        | {"hidden_units": (n_units,) * n_layers, "hidden_dropout": (0.0, *(0.1,) * n_layers)},
        n_channels=1,
        length=943,
        n_outputs=4760,
        n_parameters=n_parameters,
    )


ENTRIES = [
    _deepbind("DeepBind", _DEEPBIND_DNA, 1_569),
    _deepbind("DeepBind-hidden", _DEEPBIND_DNA | _DEEPBIND_HIDDEN, 2_129),
    _deepbind("DeepBind-RNA", _DEEPBIND_RNA, 1_585),
    _deepbind("DeepBind-RNA-hidden", _DEEPBIND_RNA | _DEEPBIND_HIDDEN, 2_641),
    Entry(
        name="Zeng2016",
        year=2016,
        paper="Zeng et al., Bioinformatics 32",
        task="binding of a transcription factor",
        input="DNA, 101 positions",
        estimator=CNNClassifier,
        settings=CNN
        | {"n_filters": 128, "kernel_size": 24, "head_pool": "max", "two_scores": True}
        | {"hidden_units": 32, "hidden_dropout": (0.0, 0.5)}
        | {"optimizer": "adadelta", "learning_rate": 1.0},
        n_channels=4,
        length=101,
        n_outputs=2,
        n_parameters=16_610,
    ),
    Entry(
        name="DeepSEA",
        year=2015,
        paper="Zhou and Troyanskaya, Nature Methods 12",
        task="919 chromatin features",
        input="DNA, 1000 positions",
        estimator=CNNClassifier,
        settings=CNN
        | {"n_filters": (320, 480, 960), "kernel_size": 8, "pool_size": (4, 4, 1)}
        | {"dropout": (0.2, 0.2, 0.5), "head_pool": "flatten", "hidden_units": 925}
        | _DEEPSEA_TRAINING,
        n_channels=4,
        length=1000,
        n_outputs=919,
        n_parameters=52_843_119,
    ),
    Entry(
        name="Beluga",
        year=2018,
        paper="Zhou et al., Nature Genetics 50",
        task="2,002 chromatin features",
        input="DNA, 2000 positions",
        estimator=CNNClassifier,
        settings=CNN
        | {"n_filters": (320, 320, 480, 480, 640, 640), "kernel_size": 8}
        | {"pool_size": (1, 4, 1, 4, 1, 1), "dropout": (0.0, 0.2, 0.0, 0.2, 0.0, 0.5)}
        | {"head_pool": "flatten", "hidden_units": 2003}
        | _DEEPSEA_TRAINING,
        n_channels=4,
        length=2000,
        n_outputs=2002,
        n_parameters=149_536_251,
    ),
    # The number of outputs is that of cells, here of Buenrostro et al. (2018). The activation that
    # the authors have ahead of each convolution is behind the one before it; they also shift
    # sequences by up to 3 positions.
    Entry(
        name="scBasset",
        year=2022,
        paper="Yuan and Kelley, Nature Methods 19",
        task="accessibility in single cells",
        input="DNA, 1344 positions",
        estimator=CNNClassifier,
        settings=CNN
        | {"n_filters": (288, 288, 323, 363, 407, 456, 512, 256), "padding": "same"}
        | {"kernel_size": (17, 5, 5, 5, 5, 5, 5, 1), "pool_size": (3, 2, 2, 2, 2, 2, 2, 1)}
        | {"ceil_mode": True, "block_order": "conv-norm-pool-act", "activation": "gelu_sigmoid"}
        | {"normalization": "batch", "bias": False, "head_pool": "flatten", "hidden_units": 32}
        | {"hidden_normalization": "batch", "hidden_activation": "gelu_sigmoid"}
        # The default of Keras.
        | {"normalization_epsilon": 1e-3}
        | {"hidden_dropout": (0.0, 0.2), "reverse_complement": "augment", "batch_size": 128}
        | {"optimizer": "adam", "optimizer_params": {"betas": (0.95, 0.9995)}}
        | {"learning_rate": 0.01},
        n_channels=4,
        length=1344,
        n_outputs=2034,
        n_parameters=4_513_960 + 2034 * 33,
        differences={"bias of the hidden layer": 32},
    ),
    Entry(
        name="Basset",
        year=2016,
        paper="Kelley et al., Genome Research 26",
        task="accessibility in 164 cell types",
        input="DNA, 600 positions",
        estimator=CNNClassifier,
        settings=CNN
        | {"n_filters": (300, 200, 200), "kernel_size": (19, 11, 7), "pool_size": (3, 4, 4)}
        | {"normalization": "batch", "block_order": "conv-norm-act-pool", "head_pool": "flatten"}
        | {"hidden_units": (1000, 1000), "hidden_dropout": (0.0, 0.3, 0.3)}
        | {
            "hidden_normalization": "batch",
            "regularization": Regularization(max_norm=7.0),
            "batch_size": 128,
        }
        | {"optimizer": "rmsprop", "optimizer_params": {"momentum": 0.98, "alpha": 0.98}}
        | {"learning_rate": 0.002},
        n_channels=4,
        length=600,
        n_outputs=164,
        n_parameters=4_135_064,
    ),
    Entry(
        name="DeepCpG-DNA",
        year=2017,
        paper="Angermueller et al., Genome Biology 18",
        task="methylation of a CpG site in 5 cells",
        input="DNA, 1001 positions",
        estimator=CNNClassifier,
        settings=CNN
        | {"n_filters": (128, 256), "kernel_size": (11, 3), "pool_size": (4, 2)}
        | {"head_pool": "flatten", "hidden_units": 128}
        | {"optimizer": "adam", "learning_rate": 1e-4, "regularization": Regularization(l2=1e-4)},
        n_channels=4,
        length=1001,
        n_outputs=5,
        n_parameters=4_102_789,
    ),
    # The paper names 246 first filters, its code has 256.
    Entry(
        name="DeepSTARR",
        year=2022,
        paper="de Almeida et al., Nature Genetics 54",
        task="activity of an enhancer with 2 promoters",
        input="DNA, 249 positions",
        estimator=CNNRegressor,
        settings=CNN
        | {"n_filters": (256, 60, 60, 120), "kernel_size": (7, 3, 5, 3), "pool_size": 2}
        | {"padding": "same", "normalization": "batch", "block_order": "conv-norm-act-pool"}
        | {"head_pool": "flatten", "hidden_units": (256, 256), "hidden_normalization": "batch"}
        | {"hidden_dropout": (0.0, 0.4, 0.4), "optimizer": "adam", "learning_rate": 0.002}
        | {"batch_size": 128, "max_iter": 100, "early_stopping": True, "n_iter_no_change": 10}
        # The default of Keras, where torch has 1e-5.
        | {"reverse_complement": "augment", "normalization_epsilon": 1e-3},
        n_channels=4,
        length=249,
        n_outputs=2,
        n_parameters=622_722,
    ),
    # The transcription start site is between 200 positions upstream and 50 downstream.
    Entry(
        name="CNNProm",
        year=2017,
        paper="Umarov and Solovyev, PLoS ONE 12",
        task="promoter or not",
        input="DNA, 251 positions",
        estimator=CNNClassifier,
        settings=CNN
        | {"n_filters": 300, "kernel_size": 21, "pool_size": 231, "head_pool": "flatten"}
        | {"hidden_units": 128, "batch_size": 16}
        | _ADAM,
        n_channels=4,
        length=251,
        n_outputs=1,
        n_parameters=conv(4, 300, 21) + dense(300, 128) + dense(128, 1),
    ),
    Entry(
        name="Scover",
        year=2023,
        paper="Hepkema et al., Genome Biology 24",
        task="expression or accessibility in 100 pools of cells",
        input="DNA, 500 positions",
        estimator=CNNRegressor,
        settings=CNN
        | {"n_filters": 600, "kernel_size": 15, "bias": False, "head_pool": "max"}
        | _ADAM,
        n_channels=4,
        length=500,
        n_outputs=100,
        n_parameters=96_100,
    ),
    Entry(
        name="GenomicBenchmarks-CNN",
        year=2023,
        paper="Grešová et al., BMC Genomic Data 24",
        task="two kinds of sequences",
        input="DNA with N as a fifth symbol, 251 positions",
        estimator=CNNClassifier,
        settings=CNN
        | {"alphabet": "ACGTN", "embedding_size": 100, "n_filters": (16, 8, 4), "kernel_size": 8}
        | {"pool_size": 2, "normalization": "batch", "block_order": "conv-norm-act-pool"}
        | {"head_pool": "flatten", "hidden_units": 512}
        | _ADAM,
        n_channels=5,
        length=251,
        n_outputs=1,
        n_parameters=66_889,
    ),
    Entry(
        name="DeepChrome",
        year=2016,
        paper="Singh et al., Bioinformatics 32",
        task="expression of a gene, high or low",
        input="5 histone marks, 100 bins",
        estimator=CNNClassifier,
        settings=CNN
        | {"n_channels": 5, "n_filters": 50, "kernel_size": 10, "pool_size": 5, "dropout": 0.5}
        | {"head_pool": "flatten", "hidden_units": (625, 125), "two_scores": True}
        | {"optimizer": "sgd", "learning_rate": 1e-3, "batch_size": 1},
        n_channels=5,
        length=100,
        n_outputs=2,
        n_parameters=644_177,
    ),
    Entry(
        name="DeMo-CNN",
        year=2017,
        paper="Lanchantin et al., Pacific Symposium on Biocomputing 22",
        task="binding of a transcription factor",
        input="DNA, 101 positions",
        estimator=CNNClassifier,
        settings=CNN
        | {"n_filters": 128, "kernel_size": (9, 5, 3), "pool_size": (2, 2, 1)}
        | {"padding": "same", "dropout": 0.5, "head_pool": "max", "two_scores": True}
        | {"optimizer": "rmsprop", "learning_rate": 0.01, "max_grad_norm": 5.0}
        | {"batch_size": 256, "max_iter": 50},
        n_channels=4,
        length=101,
        n_outputs=2,
        n_parameters=136_322,
    ),
    _dgex(1, 3000, 17_116_760),
    _dgex(3, 9000, 213_358_760),
]
