"""Small corpora, and language models that train on them in seconds."""

import numpy as np

SMALL = {
    "resnet": {
        "n_filters": 8,
        "stem_filters": 8,
        "stem_kernel_size": 5,
        "dilation": (1, 2),
        "bottleneck": None,
        "kernel_size": 3,
    },
    "cnn": {"n_filters": (8, 8), "kernel_size": 3},
    "rnn": {"embedding_size": 4, "hidden_size": 8, "n_layers": 1},
    "transformer": {"d_model": 8, "n_layers": 1, "n_heads": 2},
    "longconv": {"d_model": 8, "n_layers": 1, "filter_units": 8},
}
QUICK = {"max_iter": 2, "batch_size": 16, "random_state": 0, "device": "cpu"}


def quick(cls, network, **settings):
    """Make an unfitted model."""
    return cls(network=network, network_params=SMALL[network], **(QUICK | settings))


def random_texts(n, length, seed=0):
    symbols = np.random.default_rng(seed).choice(list("ACGT"), (n, length))
    return ["".join(row) for row in symbols]
