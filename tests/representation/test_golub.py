"""Leukaemias of Golub et al. (1999): far more genes than samples."""

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_selection import VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skgenomics.representation.autoencoder import Autoencoder
from skgenomics.representation.variational import VariationalAutoencoder

pytest.importorskip("data", reason="benchmarks/data.py knows where the data sets are")
from data import DATA

PATH = DATA / "golub_expression" / "golub72.csv.gz"
pytestmark = pytest.mark.skipif(not PATH.exists(), reason=f"no expression at {PATH}")


@pytest.fixture(scope="module")
def parts():
    frame = pd.read_csv(PATH)
    X = np.log10(frame.drop(columns=["sample", "label", "split"]).clip(100, 16_000))
    is_train = frame["split"] == "train"
    return [(X[rows].astype("float32"), frame["label"][rows]) for rows in (is_train, ~is_train)]


@pytest.mark.parametrize("encoder", [Autoencoder, VariationalAutoencoder])
def test_codes_tell_the_leukaemias_apart(parts, encoder):
    (X, y), (X_test, y_test) = parts
    model = make_pipeline(
        VarianceThreshold(),
        StandardScaler(),
        encoder(n_components=10, hidden_units=32, max_iter=20, random_state=0),
        LogisticRegression(max_iter=1000),
    )
    chances = model.fit(X, y).predict_proba(X_test)[:, 1]
    assert roc_auc_score(y_test == "AML", chances) > 0.85


def test_constant_genes_are_named(parts):
    X, _ = parts[0]
    with pytest.raises(ValueError, match=r"has the same value 2 in every row.*VarianceThreshold"):
        VariationalAutoencoder(max_iter=1).fit(X)
