"""Real labeled sequences: quick fits that must find what is there."""

import pandas as pd
import pytest
from real_data import DATA, needs_data
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import matthews_corrcoef, roc_auc_score
from sklearn.pipeline import make_pipeline

from skgenomics import CNNClassifier, CNNRegressor, KmerCounter, encoding
from skgenomics.sequences import reverse_complement

pytestmark = [needs_data, pytest.mark.slow]


def read(path):
    frame = pd.read_csv(DATA / f"{path}.csv.gz")
    if "split" not in frame:
        frame["split"] = frame["fold"].map(lambda fold: "test" if fold == 0 else "train")
    return frame[frame["split"] == "train"], frame[frame["split"] == "test"]


def test_splice_sites_sit_at_a_fixed_position():
    train, test = read("uci_splice/splice")
    classifier = CNNClassifier(random_state=0, max_iter=8).fit(train["sequence"], train["label"])
    assert classifier.strands_ is None
    assert classifier.score(test["sequence"], test["label"]) > 0.93


def test_nucleosomes_have_no_strand():
    train, test = read("nucleosome/h_sapiens")
    classifier = CNNClassifier(random_state=0, max_iter=3).fit(train["sequence"], train["label"])
    assert classifier.strands_ == "average"
    assert roc_auc_score(test["label"], classifier.decision_function(test["sequence"])) > 0.87
    other_strand = reverse_complement(test["sequence"])
    difference = classifier.decision_function(test["sequence"]) - classifier.decision_function(
        other_strand
    )
    assert abs(difference).max() < 1e-4


def test_kmers_and_logistic_regression_on_promoters():
    """Counts know no positions, on which these promoters mostly rest; 0 would be chance."""
    train, test = read("gue_prom_core/prom_core_tata")
    model = make_pipeline(
        KmerCounter(k=(1, 5), weighting="sqrt"), LogisticRegression(C=0.1, max_iter=300)
    ).fit(train["sequence"], train["label"])
    assert matthews_corrcoef(test["label"], model.predict(test["sequence"])) > 0.4


def test_guides_of_one_gene_from_those_of_others():
    frame = pd.read_csv(DATA / "crispr_azimuth/fc_plus_res.csv.gz")
    left_out = frame["group_gene"] == "CD33"
    regressor = CNNRegressor(random_state=0, max_iter=4)
    regressor.fit(frame["sequence"][~left_out], frame["label"][~left_out])
    predicted = pd.Series(regressor.predict(frame["sequence"][left_out]))
    truth = frame["label"][left_out].reset_index(drop=True)
    assert predicted.corr(truth, method="spearman") > 0.35


def test_rna_of_clip_sites_reads_as_it_is():
    train, _ = read("rbp_clip/qki")
    codes = encoding.OrdinalEncoder().fit_transform(train["sequence"])
    assert codes.shape == (len(train), 200)
    assert (codes < 4).mean() > 0.99


def test_soft_masked_peaks_read_like_others():
    train, _ = read("ctcf_pu1/ctcf_vs_pu1")
    lower = encoding.OrdinalEncoder().fit_transform(train["sequence"][:500])
    upper = encoding.OrdinalEncoder().fit_transform(train["sequence"][:500].str.upper())
    assert (lower == upper).all()
