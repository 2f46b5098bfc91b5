"""Fitted instances of the public classes that need other input than sequences and labels."""

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

import skgenomics
from skgenomics.testing import make_checkpoint, make_text

N, LENGTH = 40, 12


def fit_example(cls, folder):
    """Fit an instance of a class on suitable data; a folder is there for a checkpoint."""
    X, y = make_text(N, LENGTH), np.arange(N) % 2
    table = np.random.default_rng(0).random((N, 6))
    name = cls.__name__
    if name in (
        "Autoencoder",
        "DenoisingAutoencoder",
        "EnsembleAutoencoder",
        "VariationalAutoencoder",
    ):
        return cls(max_iter=1).fit(table)
    if name == "SemiSupervisedVAE":
        return cls(max_iter=1).fit(table, np.where(np.arange(N) < 10, y, -1))
    if name == "ConditionalClassifier":
        frame = pd.DataFrame({"sequence": X, "cell": np.resize(["a", "b"], N)})
        return cls(max_iter=1).fit(frame, y)
    if name.startswith("DomainAdversarial"):
        return cls(max_iter=1).fit(X, y, domains=np.arange(N) % 3)
    if name == "MultiTaskEstimator":
        return cls(max_iter=1).fit(X, np.column_stack([y, np.linspace(0, 1, N)]))
    if name.startswith("MultiView"):
        kind = name.removeprefix("MultiView")
        network = getattr(skgenomics, f"CNN{kind}")(max_iter=1)
        views = [("dna", None, network, "sequence")]
        return cls(views=views, max_iter=1).fit(pd.DataFrame({"sequence": X}), y)
    if name.startswith("DeepEnsemble"):
        network = getattr(skgenomics, f"CNN{name.removeprefix('DeepEnsemble')}")(max_iter=1)
        return cls(network, n_estimators=2).fit(X, y)
    if name == "NetworkEmbedder":
        return cls(skgenomics.CNNClassifier(max_iter=1)).fit(X, y)
    if name == "ConformalRegressor":
        return cls(Ridge()).fit(table, table[:, 0])
    if name.startswith("Pretrained"):
        make_checkpoint(folder)
        return cls(folder).fit(X, y)
    if name == "MaskedLanguageModel":
        return cls(max_iter=1).fit(X)
    return None
