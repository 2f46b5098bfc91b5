"""Recurrent networks, with convolutions below or attention above."""

from __future__ import annotations

from typing import Any

from skgenomics.estimators import (
    CNNRNNClassifier,
    CNNRNNRegressor,
    RNNClassifier,
    SequenceClassifier,
)
from skgenomics.networks import AttentionRNN, HierarchicalAttentionRNN
from skgenomics.networks.two_windows import TwoWindows
from skgenomics.training import ClassBalancing, Regularization
from skgenomics.zoo._entry import CNN, HEAD, TRAINING, Entry, conv, dense, lstm, second_biases

_CNN_RNN = CNN | {"recurrent_dropout": 0.0}
_DANQ_TRAINING = {
    "optimizer": "rmsprop",
    "learning_rate": 1e-3,
    "batch_size": 100,
    "max_iter": 60,
    "early_stopping": True,
    "n_iter_no_change": 5,
    "reverse_complement": "average",
}
_DEMO_TRAINING = {
    "optimizer": "rmsprop",
    "learning_rate": 0.01,
    "max_grad_norm": 5.0,
    "batch_size": 256,
    "max_iter": 50,
    "two_scores": True,
}
_DEMO: dict[str, Any] = {
    "year": 2017,
    "paper": "Lanchantin et al., Pacific Symposium on Biocomputing 22",
    "task": "binding of a transcription factor",
    "input": "DNA, 101 positions",
    "n_channels": 4,
    "length": 101,
    "n_outputs": 2,
    "differences": second_biases(32),
}
_KERNELS = (1, 3, 5, 9, 15, 21)


def _attention_rnn(n_filters: int, n_read: int, hidden_size: int, n_units: int, last: tuple) -> int:
    """Count the parameters of the convolutions, the LSTM, attention and the layers after it."""
    reading = sum(conv(20, n_filters, size) for size in _KERNELS) + lstm(n_read, hidden_size)
    attention = dense(2 * hidden_size, n_units) + n_units
    sizes = (2 * hidden_size, *last)
    return reading + attention + sum(map(dense, sizes, last))


ENTRIES = [
    Entry(
        name="DanQ",
        year=2016,
        paper="Quang and Xie, Nucleic Acids Research 44",
        task="919 chromatin features",
        input="DNA, 1000 positions",
        estimator=CNNRNNClassifier,
        settings=_CNN_RNN
        | {"n_filters": 320, "kernel_size": 26, "pool_size": 13, "dropout": 0.2}
        | {"hidden_size": 320, "recurrent_dropout": 0.5}
        | {"head_pool": "flatten", "hidden_units": 925}
        | _DANQ_TRAINING,
        n_channels=4,
        length=1000,
        n_outputs=919,
        n_parameters=46_926_479,
        differences=second_biases(320),
    ),
    # About half of the filters start from motifs of JASPAR: set `motifs` for it.
    Entry(
        name="DanQ-JASPAR",
        year=2016,
        paper="Quang and Xie, Nucleic Acids Research 44",
        task="919 chromatin features",
        input="DNA, 1000 positions",
        estimator=CNNRNNClassifier,
        settings=_CNN_RNN
        | {"n_filters": 1024, "kernel_size": 30, "pool_size": 15, "dropout": 0.2}
        | {"hidden_size": 512, "recurrent_dropout": 0.5}
        | {"head_pool": "flatten", "hidden_units": 925}
        | _DANQ_TRAINING,
        n_channels=4,
        length=1000,
        n_outputs=919,
        n_parameters=67_892_175,
        differences=second_biases(512),
    ),
    # Of each cell, the states and the distances of the 25 nearest sites on each side.
    Entry(
        name="DeepCpG-CpG",
        year=2017,
        paper="Angermueller et al., Genome Biology 18",
        task="methylation of a CpG site in 5 cells",
        input="state and distance of 50 CpG sites, 18 cells",
        estimator=CNNRNNClassifier,
        settings=_CNN_RNN
        | {"n_channels": 100, "n_filters": 256, "kernel_size": 1, "cell": "gru"}
        | {"hidden_size": 256, "head_pool": "last"}
        | {"optimizer": "adam", "learning_rate": 1e-4, "regularization": Regularization(l2=1e-4)},
        n_channels=100,
        length=18,
        n_outputs=5,
        n_parameters=816_389,
        differences=second_biases(256, n_gates=3),
    ),
    Entry(
        name="DeMo-RNN",
        estimator=RNNClassifier,
        settings=HEAD
        | {"embedding_size": None, "hidden_size": 32, "dropout": 0.5, "head_pool": "mean"}
        | _DEMO_TRAINING,
        n_parameters=9_602,
        **_DEMO,
    ),
    Entry(
        name="DeMo-CNN-RNN",
        estimator=CNNRNNClassifier,
        settings=_CNN_RNN
        | {"n_filters": 128, "kernel_size": 9, "padding": "same", "dropout": 0.5}
        | {"hidden_size": 32, "recurrent_dropout": 0.5, "head_pool": "mean"}
        | _DEMO_TRAINING,
        n_parameters=46_082,
        **_DEMO,
    ),
    # Layers of the LSTM have 10 to 30 units in the authors' search.
    Entry(
        name="DeeperBind",
        year=2016,
        paper="Hassanzadeh and Wang, IEEE BIBM",
        task="affinity of a protein to DNA",
        input="DNA, 35 positions",
        estimator=CNNRNNRegressor,
        settings=_CNN_RNN
        | {"n_filters": 5, "kernel_size": 11, "hidden_size": 10, "n_layers": 2}
        | {"bidirectional": False, "recurrent_dropout": 0.1, "head_pool": "last"}
        | {"optimizer": "rmsprop", "learning_rate": 1e-3, "batch_size": 100},
        n_channels=4,
        length=35,
        n_outputs=1,
        n_parameters=conv(4, 5, 11) + lstm(5, 10, 1) + lstm(10, 10, 1) + dense(10, 1),
        differences=second_biases(2 * 10, n_directions=1),
    ),
    Entry(
        name="AttentiveChrome",
        year=2017,
        paper="Singh et al., NeurIPS 30",
        task="expression of a gene, high or low",
        input="5 histone marks, 100 bins",
        estimator=SequenceClassifier,
        settings=TRAINING
        | {"network": HierarchicalAttentionRNN, "n_channels": 5}
        | {"network_params": {"hidden_size": 32, "mark_hidden_size": 16, "dropout": 0.5}}
        | {"optimizer": "adam", "learning_rate": 1e-4, "batch_size": 10, "max_grad_norm": 1.0},
        n_channels=5,
        length=100,
        n_outputs=1,
        n_parameters=55_681,
    ),
    # The paper adds profiles of each protein to its residues: pass them as channels.
    Entry(
        name="Sonderby2015",
        year=2015,
        paper="Sønderby et al., AlCoB",
        task="localization of a protein among 11 compartments",
        input="protein, 1000 positions",
        estimator=SequenceClassifier,
        settings=TRAINING
        | {"network": AttentionRNN, "alphabet": "protein"}
        | {
            "network_params": {
                "kernel_sizes": _KERNELS,
                "n_filters": 10,
                "hidden_size": 200,
                "n_attention_units": 200,
                "dropout": 0.5,
            }
        }
        | {"optimizer": "adam", "learning_rate": 1e-3},
        n_channels=20,
        length=1000,
        n_outputs=11,
        n_parameters=_attention_rnn(10, 60, 200, 200, (11,)),
        differences=second_biases(200),
    ),
    # One step of attention, where the paper has ten, and compartments without their hierarchy.
    Entry(
        name="DeepLoc",
        year=2017,
        paper="Almagro Armenteros et al., Bioinformatics 33",
        task="localization of a protein among 10 compartments",
        input="protein, 1000 positions",
        estimator=SequenceClassifier,
        settings=TRAINING
        | {"network": AttentionRNN, "alphabet": "protein"}
        | {
            "network_params": {
                "kernel_sizes": _KERNELS,
                "n_filters": 20,
                "n_merged_filters": 128,
                "hidden_size": 256,
                "n_attention_units": 256,
                "hidden_units": 512,
                "dropout": 0.5,
            }
        }
        | {"optimizer": "adam", "learning_rate": 1e-3},
        n_channels=20,
        length=1000,
        n_outputs=10,
        n_parameters=conv(120, 128, 3) + _attention_rnn(20, 128, 256, 256, (512, 10)),
        differences=second_biases(256),
    ),
    # The sizes are those of the authors' code, which are smaller than those of the paper.
    Entry(
        name="SPEID",
        year=2019,
        paper="Singh et al., Quantitative Biology 7",
        task="interaction of an enhancer and a promoter",
        input="DNA, an enhancer of 3000 positions and a promoter of 2000 behind it",
        estimator=SequenceClassifier,
        settings=TRAINING
        | {"network": TwoWindows}
        | {
            "network_params": {
                "first_length": 3000,
                "n_filters": 200,
                "kernel_size": 40,
                "pool_size": 20,
                "hidden_size": 50,
                "hidden_units": 800,
                "dropout": 0.25,
                "hidden_dropout": 0.5,
            }
        }
        | {
            "optimizer": "adam",
            "learning_rate": 1e-5,
            "regularization": Regularization(l2=1e-6),
            "batch_size": 100,
        }
        # The epochs of the second stage are not in the paper.
        | {"max_iter": 32, "balancing": ClassBalancing(balanced_batches=True, refit_head=32)},
        n_channels=4,
        length=5000,
        n_outputs=1,
        n_parameters=19_848_603,
        differences=second_biases(50),
    ),
]
