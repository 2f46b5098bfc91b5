"""Tiny fitted instances of all public estimators and samplers."""

import hashlib
import time

import numpy as np
import pandas as pd
import torch
from sklearn.base import is_regressor

import skgenomics
from skgenomics import FixedLength, MotifScanner
from skgenomics.motifs import Motif
from skgenomics.testing import make_checkpoint, make_text

N, LENGTH = 40, 12
TABLE = np.random.default_rng(0).random((N, 6))
TABLE_MODELS = (
    "Autoencoder",
    "DenoisingAutoencoder",
    "EnsembleAutoencoder",
    "VariationalAutoencoder",
)


def make_example(cls, folder):
    """Make an instance of a class with the arguments and keywords of its fit.

    Parameters
    ----------
    cls : type
        Public estimator or sampler.
    folder : Path
        Empty folder, in which a checkpoint is written where one is needed.

    Returns
    -------
    estimator : object
        Unfitted instance.
    data : tuple
        Positional arguments of fit.
    keywords : dict
        Keyword arguments of fit.
    """
    X, y = make_text(N, LENGTH), np.arange(N) % 2
    name = cls.__name__
    if name in TABLE_MODELS:
        return cls(**({"n_estimators": 3} if "Ensemble" in name else {})), (TABLE,), {}
    if name == "SemiSupervisedVAE":
        return cls(), (TABLE, np.where(np.arange(N) < 10, y, -1)), {}
    if name == "ConditionalClassifier":
        frame = pd.DataFrame({"sequence": X, "cell": np.resize(["a", "b"], N)})
        return cls(), (frame, y), {}
    if name == "DomainAdversarialClassifier":
        return cls(), (X, y), {"domains": np.arange(N) % 3}
    if name == "DomainAdversarialRegressor":
        return cls(), (X, np.linspace(0, 1, N)), {"domains": np.arange(N) % 3}
    if name == "MultiTaskEstimator":
        return cls(), (X, np.column_stack([y, np.linspace(0, 1, N)])), {}
    if name.startswith("MultiView"):
        network = getattr(skgenomics, f"CNN{name.removeprefix('MultiView')}")(max_iter=1)
        views = [("dna", None, network, "sequence")]
        return cls(views=views), (pd.DataFrame({"sequence": X}), y), {}
    if name.startswith("DeepEnsemble"):
        network = getattr(skgenomics, f"CNN{name.removeprefix('DeepEnsemble')}")(max_iter=1)
        return cls(network, n_estimators=2), (X, y), {}
    if name == "NetworkEmbedder":
        return cls(skgenomics.CNNClassifier(max_iter=1, random_state=0)), (X, y), {}
    if name == "ConformalRegressor":
        network = skgenomics.CNNRegressor(max_iter=1)
        return cls(network, calibration_fraction=0.4), (X, np.linspace(0, 1, N)), {}
    if name.startswith("Pretrained"):
        make_checkpoint(folder)
        return cls(folder), (X, y), {}
    if name == "GenerativeOverSampler":
        return cls(_repeat), (X, np.arange(N) % 4 == 0), {}
    if hasattr(cls, "fit_resample"):
        return cls(), (X, np.arange(N) % 4 == 0), {}
    arguments = {MotifScanner: [[Motif("A", [[1, 0, 0, 0]])]], FixedLength: [8]}
    estimator = cls(*arguments.get(cls, []))
    if is_regressor(estimator):
        y = np.linspace(0, 1, N)
    if getattr(estimator, "network", None) == "resnet":
        y = np.arange(N * LENGTH).reshape(N, LENGTH) % 2
    if "pair_filters" in estimator.get_params():
        y = (y[:, :, np.newaxis] == y[:, np.newaxis]).astype(int)
    return estimator, (X, y), {}


def _repeat(n, label, random_state):
    """Stand in for a generator of sequences."""
    return make_text(N, LENGTH)[:n]


def fit_example(cls, folder, **settings):
    """Fit the example of a class for one epoch, with the settings that it has parameters for."""
    estimator, data, keywords = make_example(cls, folder)
    parameters = estimator.get_params(deep=False)
    settings = {"max_iter": 1} | settings
    estimator.set_params(**{key: settings[key] for key in settings.keys() & parameters.keys()})
    if hasattr(cls, "fit_resample"):
        estimator.resampled_ = estimator.fit_resample(*data)
        return estimator
    return estimator.fit(*data, **keywords)


def digest_example(cls, folder, **settings):
    """Fit the example of a class; return a checksum of its outputs and parameters."""
    # Global generators have another state before each fit.
    np.random.seed(time.time_ns() % 2**32)  # noqa: NPY002
    torch.seed()
    folder.mkdir()
    estimator = fit_example(cls, folder, **settings)
    data = make_example(cls, folder)[1][0]
    found = []
    for method in ("predict", "predict_proba", "predict_interval", "transform", "score_samples"):
        if hasattr(estimator, method):
            found.append(getattr(estimator, method)(data))
    found += [getattr(estimator, "resampled_", None)]
    if hasattr(estimator, "network_"):
        found += [value.numpy() for value in estimator.network_.state_dict().values()]
    digest = hashlib.sha256()
    for value in _flatten(found):
        array = np.asarray(value)
        digest.update(repr(array.tolist()).encode() if array.dtype == object else array.tobytes())
    return digest.hexdigest()


def digest_examples(classes, folder, **settings):
    """Fit the examples of classes; return their checksums by name."""
    folder.mkdir()
    return {cls.__name__: digest_example(cls, folder / cls.__name__, **settings) for cls in classes}


def _flatten(value):
    """Yield the arrays in nested tuples, lists and dicts."""
    if isinstance(value, torch.Tensor):
        value = value.numpy()
    if hasattr(value, "toarray"):
        value = value.toarray()
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _flatten(item)
    elif value is not None:
        yield value
