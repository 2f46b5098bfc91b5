"""How a user would write it: the public names, with small settings."""

import gzip

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
)
from sklearn.preprocessing import StandardScaler
from torch import nn

from skgenomics import (
    BPETokenizer,
    CNNClassifier,
    KmerCounter,
    KmerTokenizer,
    MLPClassifier,
    MultiViewClassifier,
    OneHotEncoder,
    ProfileRegressor,
    SequenceClassifier,
    SequenceLabeler,
    TransformerClassifier,
    zoo,
)
from skgenomics.genome import IntervalEncoder, SignalEncoder, score_variants, write_bedgraph
from skgenomics.inspection import (
    AttributionDisplay,
    attribute,
    filter_motifs,
    match_motifs,
    mutagenesis,
)
from skgenomics.model_selection import HomologyKFold
from skgenomics.multiview import ablate_views
from skgenomics.sampling import SequenceSMOTE
from skgenomics.testing import make_text

pytestmark = pytest.mark.slow

X = make_text(48, 90)
Y = np.array([x[40:60].count("G") > 5 for x in X]).astype(int)


def test_behind_an_encoder_with_resampling_in_a_search():
    pipe = make_pipeline(OneHotEncoder(), SMOTE(random_state=0), CNNClassifier(max_iter=1))
    grid = {"cnnclassifier__n_filters": [8, (8, 8)], "smote__k_neighbors": [2, 3]}
    search = GridSearchCV(pipe, grid, scoring="average_precision", n_jobs=2, cv=2).fit(X, Y)
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_the_classical_model_on_the_same_text():
    counts = KmerCounter(k=(2, 3), reverse_complement=True)
    baseline = make_pipeline(counts, LogisticRegression(max_iter=1000)).fit(X, Y)
    assert baseline.score(X, Y) > 0.7


def test_a_published_model_by_name_with_missing_assays():
    tasks = np.column_stack([Y, 1 - Y, Y]).astype(float)
    tasks[::5, 1] = np.nan
    danq = zoo.make("DanQ", width=0.03, max_iter=1).fit(X, tasks)
    assert danq.predict_proba(X).shape == (48, 3)
    assert {"name", "year", "paper", "task", "input", "parameters", "estimator"} == set(
        zoo.list_models().columns
    )


class Mine(nn.Sequential):
    def __init__(self, n_channels, length, n_outputs, width):
        super().__init__(
            nn.Flatten(), nn.Linear(n_channels * length, width), nn.Linear(width, n_outputs)
        )


def test_a_module_of_my_own():
    mine = SequenceClassifier(network=Mine, network_params={"width": 8}, max_iter=1).fit(X, Y)
    assert mine.predict_proba(X).shape == (48, 2)


def test_tokens_of_either_kind_in_a_pipeline():
    settings = {"d_model": 16, "n_layers": 1, "n_heads": 2, "max_iter": 1}
    for tokenizer, size in ((KmerTokenizer(k=3), 69), (BPETokenizer(vocabulary_size=40), 40)):
        model = make_pipeline(tokenizer, TransformerClassifier(vocabulary_size=size, **settings))
        assert np.isfinite(cross_val_score(model, X, Y, cv=2)).all()


def test_labels_by_position_and_profiles():
    sites = ["".join("D" if x[i : i + 2] == "GT" else "N" for i in range(len(x))) for x in X]
    splice = SequenceLabeler(network="resnet", max_iter=2, random_state=0).fit(X, sites)
    assert [len(row) for row in splice.predict(X)] == [90] * 48
    codes = np.array([[symbol == "D" for symbol in row] for row in sites]).astype(int)
    assert SequenceLabeler(max_iter=1).fit(X, codes).predict(X).shape == (48, 90)
    profile = ProfileRegressor(max_iter=1).fit(X, codes[:, :, np.newaxis] + 1.0)
    assert profile.predict(X).shape == (48, 90, 1)


def test_text_straight_into_cross_validation_without_leakage():
    frame = pd.DataFrame({"sequence": X, "label": Y})
    model = CNNClassifier(max_iter=1, random_state=0)
    scoring = ["average_precision", "matthews_corrcoef"]
    scores = cross_validate(
        model, frame["sequence"], frame["label"], cv=HomologyKFold(5), scoring=scoring
    )
    assert np.isfinite(scores["test_average_precision"]).all()
    assert len(scores["test_matthews_corrcoef"]) == 5


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(">chr1\n" + "".join(X[:24]) + "\n>chr2\n" + "".join(X[24:]) + "\n")
    return path


def test_variants(genome, tmp_path):
    model = CNNClassifier(max_iter=1, random_state=0).fit(X, Y)
    bases = X[1][3], X[25][9]
    lines = [
        f"{chrom}\t{90 + place}\t.\t{base}\t{'A' if base != 'A' else 'C'}\t.\t.\t."
        for chrom, place, base in zip(["1", "2"], [4, 10], bases, strict=True)
    ]
    with gzip.open(tmp_path / "variants.vcf.gz", "wt") as file:
        file.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "\n".join(lines) + "\n")
    table = score_variants(model, tmp_path / "variants.vcf.gz", genome, window=50)
    assert {"ref", "alt", "delta", "log_odds", "ref_match"} <= set(table.columns)
    assert table["ref_match"].all()
    assert np.allclose(table["delta"], table["alt"] - table["ref"])


def test_from_coordinates_with_signal_beside_sequence(genome, tmp_path):
    rng = np.random.default_rng(0)
    peaks = pd.DataFrame({"chrom": ["chr1", "chr2"] * 20, "start": 90 * np.arange(40) // 2})
    peaks["end"], peaks["strand"] = peaks["start"] + 90, "+"
    peaks["expression"] = rng.normal(size=40)
    y = np.arange(40) % 2
    (tmp_path / "atac.bedgraph").write_text(f"chr1\t0\t2160\t{1.5}\nchr2\t0\t2160\t0.5\n")
    columns = ["chrom", "start", "end", "strand"]
    together = make_column_transformer(
        (make_pipeline(IntervalEncoder(genome, length=60), OneHotEncoder()), columns),
        (SignalEncoder([tmp_path / "atac.bedgraph"], bins=10), columns[:3]),
        (StandardScaler(), ["expression"]),
    )
    model = make_pipeline(together, LogisticRegression()).fit(peaks, y)
    # The signal tells the chromosomes apart, and they the label.
    assert model.score(peaks, y) == 1
    text = make_pipeline(IntervalEncoder(genome, length=60), CNNClassifier(max_iter=1))
    assert text.fit(peaks, y).predict(peaks).shape == (40,)


def test_views_from_coordinates_signal_and_numbers(genome, tmp_path):
    signal = tmp_path / "atac.bedGraph"
    write_bedgraph({"chr1": np.full(2160, 1.5), "chr2": np.full(2160, 0.5)}, signal)
    rng = np.random.default_rng(0)
    peaks = pd.DataFrame({"chrom": ["chr1", "chr2"] * 20, "start": 60 + 45 * np.arange(40)})
    peaks["end"], peaks["strand"] = peaks["start"] + 90, ["+", "-"] * 20
    peaks["tss_distance"], peaks["expression"] = rng.normal(size=(2, 40)) * [[1e4], [5]]
    y = np.where(peaks["chrom"] == "chr1", "enhancer", "other")
    coordinates = ["chrom", "start", "end", "strand"]
    views = [
        ("dna", IntervalEncoder(genome, length=200), zoo.make("DeepSEA", width=0.03), coordinates),
        ("atac", SignalEncoder([signal], bins=20), CNNClassifier(), coordinates[:3]),
        ("gene", StandardScaler(), MLPClassifier(), ["tss_distance", "expression"]),
    ]
    model = MultiViewClassifier(views=views, fusion="joint", max_iter=15, random_state=0)
    model.fit(peaks, y)
    # The signal tells the chromosomes apart, and they the label.
    assert model.score(peaks, y) == 1
    unmeasured = peaks.assign(expression=np.nan, tss_distance=np.nan)
    assert np.isfinite(model.predict_proba(unmeasured)).all()
    table = ablate_views(model, peaks, y)
    assert table["score"]["only atac"] > table["score"]["only gene"]
    grid = {"atac__encoder__bins": [10, 20], "dna__network__hidden_units": [8]}
    search = GridSearchCV(model.set_params(max_iter=1), grid, cv=2).fit(peaks, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_rare_class_by_threshold_sampler_and_calibration():
    rare = Y * (np.arange(48) % 4 > 0)
    pipe = make_pipeline(SequenceSMOTE(2, random_state=0), CNNClassifier(max_iter=1))
    tuned = TunedThresholdClassifierCV(pipe, cv=2).fit(X, rare)
    calibrated = CalibratedClassifierCV(CNNClassifier(max_iter=1), cv=2).fit(X, rare)
    assert 0 <= tuned.best_threshold_ <= 1
    assert calibrated.predict_proba(X).shape == (48, 2)


def test_what_did_it_learn():
    model = CNNClassifier(max_iter=2, random_state=0).fit(X, np.where(Y, "enhancer", "other"))
    attributions = attribute(model, X[:4], method="integrated_gradients", target="enhancer")
    assert attributions.shape == (4, 90, 4)
    assert mutagenesis(model, X[:4]).shape == (4, 90, 4)
    display = AttributionDisplay.from_estimator(model, X[0]).plot()
    assert display.ax_.figure is display.figure_
    motifs = filter_motifs(model, X)
    assert {"motif", "match", "q_value"} <= set(match_motifs(motifs[:1], motifs).columns)
