"""Leukaemias of Golub et al. (1999): far more genes than samples."""

import numpy as np
import pandas as pd
import pytest
from real_data import DATA, needs_data
from sklearn.feature_selection import VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skgenomics.autoencoders.autoencoder import Autoencoder
from skgenomics.autoencoders.variational import VariationalAutoencoder

PATH = DATA / "golub_expression" / "golub72.csv.gz"
pytestmark = needs_data


@pytest.fixture(scope="module")
def leukaemias():
    """The 38 samples to train on."""
    frame = pd.read_csv(PATH)
    frame = frame[frame["split"] == "train"]
    X = np.log10(frame.drop(columns=["sample", "label", "split"]).clip(100, 16_000))
    return X.astype("float32"), frame["label"] == "AML"


@pytest.mark.parametrize("encoder", [Autoencoder, VariationalAutoencoder])
def test_codes_tell_the_leukaemias_apart(leukaemias, encoder):
    model = make_pipeline(
        VarianceThreshold(),
        StandardScaler(),
        encoder(n_components=10, hidden_units=64, random_state=0),
        LogisticRegression(max_iter=1000),
    )
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    assert cross_val_score(model, *leukaemias, cv=folds, scoring="roc_auc").mean() > 0.9


def test_constant_genes_are_named(leukaemias):
    with pytest.raises(ValueError, match=r"has the same value 2 in every row.*VarianceThreshold"):
        VariationalAutoencoder(max_iter=1).fit(leukaemias[0])
