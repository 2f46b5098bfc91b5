"""Convolutional networks since 2022, which have modules of their own."""

from __future__ import annotations

from skgenomics.estimators import SequenceClassifier, SequenceRegressor, UNetClassifier
from skgenomics.networks import ConvNova, ExplaiNN, LegNet, Malinois, Sei
from skgenomics.zoo._entry import HEAD, TRAINING, Entry, dense

_ONE_CYCLE = {"optimizer": "adamw", "schedule": "onecycle", "max_grad_norm": 1.0}

ENTRIES = [
    # The first network of the DREAM 2022 challenge, with simple squeeze-and-excitation, and without
    # the two channels that mark the strand and promoters of a single read. The authors average the
    # scores of all positions; here the last layer reads the average of the feature map.
    Entry(
        name="LegNet",
        year=2023,
        paper="Penzar et al., Bioinformatics 39",
        task="expression of a yeast promoter in 18 bins",
        input="DNA, 150 positions",
        estimator=SequenceClassifier,
        settings=TRAINING
        | {"network": LegNet}
        | {
            "network_params": {
                "variant": "dream",
                "n_filters": (256, 128, 128, 64, 64, 32, 32),
                "kernel_size": 5,
                "pool_size": 1,
                "stem_filters": 256,
                "stem_kernel_size": 5,
                "head_pool": "mean",
            }
        }
        | _ONE_CYCLE
        | {"learning_rate": 0.005, "weight_decay": 0.01, "batch_size": 1024}
        | {"reverse_complement": "augment"},
        n_channels=4,
        length=150,
        n_outputs=18,
        n_parameters=2_652_922,
    ),
    Entry(
        name="MPRALegNet",
        year=2025,
        paper="Agarwal et al., Nature 639",
        task="activity of a regulatory element",
        input="DNA, 230 positions",
        estimator=SequenceRegressor,
        settings=TRAINING
        | {"network": LegNet}
        | {
            "network_params": {
                "n_filters": (80, 96, 112, 128),
                "kernel_size": 9,
                "pool_size": 2,
                "stem_filters": 64,
                "stem_kernel_size": 11,
                "head_pool": "mean",
                "hidden_units": 256,
                "hidden_normalization": "batch",
                "hidden_activation": "silu",
            }
        }
        | _ONE_CYCLE
        | {"learning_rate": 0.01, "weight_decay": 0.1, "batch_size": 1024, "max_iter": 20}
        | {"reverse_complement": "augment"},
        n_channels=4,
        length=230,
        n_outputs=1,
        n_parameters=1_322_465,
    ),
    # A variant of 200 positions stands between the constant ends of the plasmid. The authors add
    # a divergence of the outputs to the loss.
    Entry(
        name="Malinois",
        year=2024,
        paper="Gosai et al., Nature 634",
        task="activity of a regulatory element in 3 cell types",
        input="DNA, 600 positions",
        estimator=SequenceRegressor,
        settings=TRAINING
        | {"network": Malinois}
        | {
            "network_params": {
                "n_filters": (300, 200, 200),
                "hidden_units": 1000,
                "branch_units": (140, 140, 140),
            }
        }
        | {"optimizer": "adam", "optimizer_params": {"betas": (0.866, 0.879), "amsgrad": True}}
        | {"learning_rate": 0.00327, "weight_decay": 3.44e-4, "batch_size": 1076}
        | {"reverse_complement": "average"},
        n_channels=4,
        length=600,
        n_outputs=3,
        n_parameters=4_107_183,
    ),
    # The number of outputs is that of immune cell types of AI-TAC.
    Entry(
        name="ExplaiNN",
        year=2023,
        paper="Novakovsky et al., Genome Biology 24",
        task="accessibility in 81 cell types",
        input="DNA, 251 positions",
        estimator=SequenceRegressor,
        settings=TRAINING
        | {"network": ExplaiNN, "network_params": {"n_filters": 300, "unit_size": 100}}
        | {"optimizer": "adam", "learning_rate": 0.003, "batch_size": 100, "max_iter": 100}
        | {"early_stopping": True, "n_iter_no_change": 10},
        n_channels=4,
        length=251,
        n_outputs=81,
        n_parameters=1_158_981,
    ),
    Entry(
        name="Sei",
        year=2022,
        paper="Chen et al., Nature Genetics 54",
        task="21,907 chromatin features",
        input="DNA, 4096 positions",
        estimator=SequenceClassifier,
        settings=TRAINING
        | {"network": Sei}
        | {"network_params": {"n_filters": (480, 640, 960), "hidden_units": 21_907}}
        | {"optimizer": "sgd", "optimizer_params": {"momentum": 0.9}, "learning_rate": 0.1}
        | {"weight_decay": 1e-7, "batch_size": 64, "reverse_complement": "average"},
        n_channels=4,
        length=4096,
        n_outputs=21_907,
        n_parameters=889_979_983,
    ),
    # The size for the benchmark of the Nucleotide Transformer, of 1.7 million parameters. The
    # second branch of the authors reads the complement, which amounts to another order of the
    # weights of its first convolution.
    Entry(
        name="ConvNova",
        year=2025,
        paper="Bo et al., ICLR",
        task="two kinds of sequences",
        input="DNA with N as a fifth symbol, 500 positions",
        estimator=SequenceClassifier,
        settings=TRAINING
        | {"network": ConvNova, "alphabet": "ACGTN", "two_scores": True}
        | {"network_params": {"d_model": 128, "head_pool": "mean"}}
        | {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 0.1, "batch_size": 128}
        | {"max_iter": 20, "max_grad_norm": 1.0},
        n_channels=5,
        length=500,
        n_outputs=2,
        n_parameters=1_688_448,
        differences={"output layer": dense(128, 2)},
    ),
    # The backbone ahead of the search, which gives each convolution a width from 3 to 11 and a
    # dilation from 1 to 7: set `kernel_size` and `dilation`, with 18 values each.
    Entry(
        name="DASHA-UNet",
        year=2025,
        paper="Xu et al., ICLR",
        task="two kinds of sequences",
        input="DNA with N as a fifth symbol, 500 positions",
        estimator=UNetClassifier,
        settings=HEAD
        | {"alphabet": "ACGTN", "n_filters": (64, 128, 256, 512), "kernel_size": 3}
        | {"dropout": 0.0, "head_pool": "mean", "two_scores": True}
        | {"optimizer": "adamw", "learning_rate": 1e-3, "batch_size": 128},
        n_channels=5,
        length=500,
        n_outputs=2,
        n_parameters=4_473_538,
    ),
]
