"""Commands on models of positions, of several columns and without targets."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV

from skgenomics import (
    CausalLanguageModel,
    CNNClassifier,
    ConditionalClassifier,
    MultiTaskEstimator,
    OneHotEncoder,
    PairLabeler,
    ProfileRegressor,
    SequenceLabeler,
    save,
)
from skgenomics.cli import main
from skgenomics.testing import make_text

N, LENGTH = 20, 30
X = make_text(N, LENGTH)
Y = np.arange(N) % 2
FRAME = pd.DataFrame({"sequence": X, "cell": np.resize(["a", "b"], N), "label": Y})
QUICK = {"max_iter": 1, "random_state": 0}


def predicted(model, folder, *options):
    save(model, folder / "model.skops")
    FRAME.to_csv(folder / "data.csv", index=False)
    out = folder / "predicted.csv"
    files = [str(folder / name) for name in ("model.skops", "data.csv")]
    assert main(["predict", *files, "-o", str(out), *options]) == 0
    return pd.read_csv(out)


def test_labels_of_positions_are_text(tmp_path):
    labels = ["".join("D" if a == "G" else "N" for a in x) for x in X]
    model = SequenceLabeler(network="cnn", **QUICK).fit(X, labels)
    table = predicted(model, tmp_path)
    assert table.columns.tolist() == ["id", "prediction"]
    assert table["prediction"].tolist() == model.predict(X).tolist()


def test_tracks_and_bins_are_columns(tmp_path):
    signals = np.random.default_rng(0).poisson(3, (N, 3, 2))
    model = ProfileRegressor(network="cnn", bin_size=10, **QUICK).fit(X, signals)
    table = predicted(model, tmp_path)
    assert table.columns.tolist() == ["id", "0_0", "0_1", "0_2", "1_0", "1_1", "1_2"]
    np.testing.assert_allclose(table["1_2"], model.predict(X)[:, 2, 1], rtol=1e-5)


def test_conditions_come_from_the_table(tmp_path):
    model = ConditionalClassifier(**QUICK).fit(FRAME[["sequence", "cell"]], Y)
    table = predicted(model, tmp_path)
    expected = model.predict_proba(FRAME[["sequence", "cell"]])
    np.testing.assert_allclose(table["probability_1"], expected[:, 1], rtol=1e-5)


def test_a_missing_column_is_named(tmp_path, capsys):
    model = ConditionalClassifier(**QUICK).fit(FRAME[["sequence", "cell"]], Y)
    save(model, tmp_path / "model.skops")
    FRAME[["sequence"]].to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "data.fa").write_text(">a\nACGT\n")
    for name, message in (("data.csv", "has no column 'cell'"), ("data.fa", "sequences alone")):
        files = [str(tmp_path / "model.skops"), str(tmp_path / name)]
        assert main(["predict", *files]) == 2
        assert message in capsys.readouterr().err


def test_tasks_are_columns(tmp_path):
    y = pd.DataFrame({"bound": Y, "level": np.linspace(0, 1, N)})
    model = MultiTaskEstimator(network="cnn", **QUICK).fit(X, y)
    table = predicted(model, tmp_path)
    assert table.columns.tolist() == ["id", "bound", "level"]
    np.testing.assert_allclose(table["level"], model.predict(X)["level"], rtol=1e-5)


def test_scores_of_a_language_model(tmp_path):
    params = {"embedding_size": 4, "hidden_size": 8, "n_layers": 1}
    model = CausalLanguageModel(network="rnn", network_params=params, **QUICK).fit(X)
    table = predicted(model, tmp_path)
    np.testing.assert_allclose(table["score"], model.score_samples(X), rtol=1e-5)


def test_pairs_are_refused(tmp_path, capsys):
    contacts = np.array([[[int(a == b) for a in x[:8]] for b in x[:8]] for x in X])
    model = PairLabeler(network="cnn", pair_filters=4, pair_dilation=1, **QUICK)
    save(model.fit([x[:8] for x in X], contacts), tmp_path / "model.skops")
    (tmp_path / "data.fa").write_text(">a\nACGTACGT\n")
    assert main(["predict", *(str(tmp_path / name) for name in ("model.skops", "data.fa"))]) == 2
    assert "shape (8, 8) for each sequence" in capsys.readouterr().err


def test_classes_of_other_packages_are_trusted_by_name(tmp_path, capsys):
    network = CNNClassifier(n_filters=4, kernel_size=3, **QUICK)
    search = GridSearchCV(network, {"learning_rate": [1e-3]}, cv=2).fit(X, Y)
    save(search, tmp_path / "model.skops")
    FRAME.to_csv(tmp_path / "data.csv", index=False)
    files = [str(tmp_path / name) for name in ("model.skops", "data.csv")]
    assert main(["predict", *files]) == 2
    message = capsys.readouterr().err
    options = message.partition("pass ")[2].split()
    assert options[0] == "--trust"
    table = predicted(search, tmp_path, *options)
    np.testing.assert_allclose(table["probability_1"], search.predict_proba(X)[:, 1], rtol=1e-5)


@pytest.mark.parametrize("command", ["explain", "variants"])
def test_a_file_without_a_model(command, tmp_path, capsys):
    save(OneHotEncoder().fit(X), tmp_path / "encoder.skops")
    names = ["encoder.skops", "data.csv", *(["genome.fa"] if command == "variants" else [])]
    out = ["-o", str(tmp_path / "out.html")] if command == "explain" else []
    assert main([command, *(str(tmp_path / name) for name in names), *out]) == 2
    assert "holds OneHotEncoder, which cannot predict" in capsys.readouterr().err
