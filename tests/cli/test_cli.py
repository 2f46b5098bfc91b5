"""The command line: what commands write, which rows they use, and errors of one line."""

import csv
import gzip
import json
import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from tolerances import assert_close

import skgenomics
from skgenomics import CNNClassifier, KmerCounter, OneHotEncoder, load
from skgenomics.cli import evaluate as evaluate_command
from skgenomics.cli import main, predict
from skgenomics.cli._data import check_labels, guess_task
from skgenomics.cli._metrics import score_classes, score_tasks, score_values
from skgenomics.cli._models import make_models
from skgenomics.datasets import load_csv, make_motif_classification
from skgenomics.estimators.per_task import PerTask

TINY = ["--set", "cnn:max_iter=1", "--set", "cnn:n_filters=4", "--set", "cnn:kernel_size=3"]
HEADER = ["model", "AUROC", "AUPRC", "prevalence", "MCC", "accuracy", "seconds"]
KMER = ["--model", "kmer-logreg"]


@pytest.fixture(scope="module")
def frame():
    data = make_motif_classification(60, 20, motifs=["GATAAG"], conservation=1, random_state=0)
    gc = [(x.count("G") + x.count("C")) / 20 for x in data.X]
    frame = pd.DataFrame({"sequence": data.X, "label": data.y, "gc": gc})
    frame["starts_a"] = [float(x[0] in "AC") for x in data.X]
    frame.loc[frame.index % 7 == 3, "starts_a"] = np.nan
    return frame


@pytest.fixture
def table(frame, tmp_path):
    path = tmp_path / "peaks.csv"
    frame.to_csv(path, index=False)
    return str(path)


@pytest.fixture
def fasta(frame, tmp_path):
    path = tmp_path / "peaks.fa"
    rows = frame.itertuples()
    path.write_text(
        "".join(f">s{i} label={row.label}\n{row.sequence}\n" for i, row in enumerate(rows))
    )
    return str(path)


@pytest.fixture
def trained(table, tmp_path):
    path = str(tmp_path / "model.skops")
    assert main(["train", table, *KMER, "-o", path]) == 0
    return path


def run_json(argv, tmp_path):
    path = tmp_path / "results.json"
    assert main([*argv, "-o", str(path)]) == 0
    return json.loads(path.read_text())


# evaluate


def test_evaluate_prints_a_table_and_writes_every_fold(table, tmp_path, capsys):
    argv = ["evaluate", table, "--model", "cnn", *KMER, "--cv", "3", *TINY, "--seed", "5"]
    content = run_json(argv, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert "60 sequences, 2 classes (0: 30, 1: 30); positive: 1" in lines[0]
    assert lines[1] == "3 folds, stratified"
    assert lines[3].split() == HEADER
    assert [line.split()[0] for line in lines[4:]] == ["cnn", "kmer-logreg"]
    assert content["task"] == "classification"
    assert content["versions"]["skgenomics"] == skgenomics.__version__
    assert content["options"]["seed"] == 5
    cnn, kmer = content["results"]
    assert cnn["settings"]["max_iter"] == 1
    assert cnn["settings"]["random_state"] == 5
    assert kmer["settings"]["logisticregression__max_iter"] == 1000
    for result in (cnn, kmer):
        assert [fold["n_test"] for fold in result["folds"]] == [20, 20, 20]
        assert [fold["n_train"] for fold in result["folds"]] == [40, 40, 40]
        values = [fold["scores"]["auroc"] for fold in result["folds"]]
        assert_allclose(result["mean"]["auroc"], np.mean(values))
        assert_allclose(result["sd"]["auroc"], np.std(values, ddof=1))
    # The motif is planted as it is, so that counting its words finds it.
    assert kmer["mean"]["auroc"] > 0.7


def test_evaluate_gives_the_same_scores_in_processes_and_again(table, tmp_path):
    argv = ["evaluate", table, *KMER, "--cv", "2"]
    runs = [run_json([*argv, *more], tmp_path) for more in ([], ["--n-jobs", "2"])]
    one, two = ([fold["scores"] for fold in run["results"][0]["folds"]] for run in runs)
    assert one == two


@pytest.fixture
def used_rows(monkeypatch):
    """The rows that each fold trains on and scores, recorded by `evaluate`."""
    used, original = [], evaluate_command._fit_and_score

    def note(model, data, fold, progress):
        used.append((fold.train.tolist(), fold.test.tolist()))
        return original(model, data, fold, progress)

    monkeypatch.setattr(evaluate_command, "_fit_and_score", note)
    return used


def test_a_split_is_used(frame, tmp_path, used_rows, capsys):
    split = np.array(["train", "dev", "test"])[np.arange(60) % 3]
    path = tmp_path / "split.tsv"
    frame.assign(split=split).to_csv(path, index=False, sep="\t")
    assert main(["evaluate", str(path), *KMER]) == 0
    assert "column split" in capsys.readouterr().out
    ((train, test),) = used_rows
    assert test == np.flatnonzero(split == "test").tolist()
    assert train == np.flatnonzero(split == "train").tolist()


@pytest.mark.parametrize("resample", [[], ["--resample", "smote"]])
def test_networks_stop_early_on_the_dev_rows_of_a_split(
    resample, frame, tmp_path, monkeypatch, capsys
):
    split = np.resize(["train", "valid", "test"], 60)
    path = tmp_path / "split.csv"
    frame.assign(split=split).to_csv(path, index=False)
    fitted, original = [], CNNClassifier.fit

    def note(self, X, y, validation_data=None, **kwargs):
        fitted.append((len(X), list(validation_data[0])))
        return original(self, X, y, validation_data=validation_data, **kwargs)

    monkeypatch.setattr(CNNClassifier, "fit", note)
    network = ["--model", "cnn", "--set", "max_iter=2"]
    dev = frame["sequence"][split == "valid"].tolist()
    assert main(["evaluate", str(path), *network, *resample]) == 0
    assert "dev rows to stop early" in capsys.readouterr().out
    if not resample:
        assert main(["train", str(path), *network, "-o", str(tmp_path / "m.skops")]) == 0
        assert "20 dev rows of the column split decide" in capsys.readouterr().out
        assert all(n == 20 for n, _ in fitted)
        assert len(load(tmp_path / "m.skops").validation_loss_curve_) == 2
    assert all(held_out == dev for _, held_out in fitted)


def test_models_without_early_stopping_are_fitted_to_the_dev_rows(frame, tmp_path, monkeypatch):
    fitted, original = [], LogisticRegression.fit
    monkeypatch.setattr(
        LogisticRegression,
        "fit",
        lambda self, X, y: fitted.append(X.shape[0]) or original(self, X, y),
    )
    path = tmp_path / "split.csv"
    frame.assign(split=np.resize(["train", "dev", "test"], 60)).to_csv(path, index=False)
    assert main(["evaluate", str(path), *KMER]) == 0
    assert fitted == [40]


def test_folds_are_used_each_left_out_once(frame, tmp_path, used_rows):
    fold = np.arange(60) // 20
    path = tmp_path / "fold.csv"
    frame.assign(fold=fold).to_csv(path, index=False)
    assert main(["evaluate", str(path), *KMER]) == 0
    assert [test for _, test in used_rows] == [np.flatnonzero(fold == i).tolist() for i in range(3)]
    assert all(sorted(train + test) == list(range(60)) for train, test in used_rows)


@pytest.mark.parametrize(
    ("column", "more"), [("group", []), ("chrom", ["--group-column", "chrom"])]
)
def test_groups_never_cross_folds_and_cv_comes_before_columns(
    column, more, frame, tmp_path, used_rows
):
    group = np.arange(60) // 4
    path = tmp_path / "group.csv"
    frame.assign(**{column: group}, fold=0).to_csv(path, index=False)
    assert main(["evaluate", str(path), *KMER, "--cv", "3", *more]) == 0
    assert len(used_rows) == 3
    for train, test in used_rows:
        assert not set(group[train]) & set(group[test])


def test_trained_models_have_not_seen_the_test_rows(frame, tmp_path, monkeypatch, capsys):
    seen = []
    original = LogisticRegression.fit
    monkeypatch.setattr(
        LogisticRegression, "fit", lambda self, X, y: seen.append(X) or original(self, X, y)
    )
    path = tmp_path / "split.csv"
    frame.assign(split=["train"] * 45 + ["test"] * 15).to_csv(path, index=False)
    argv = ["train", str(path), *KMER, "-o", str(tmp_path / "m.skops")]
    assert main(argv) == 0
    assert "15 test rows" in capsys.readouterr().out
    assert main([*argv, "--all-rows"]) == 0
    assert [X.shape[0] for X in seen] == [45, 60]


def test_regression_is_detected_and_scored(table, tmp_path):
    content = run_json(
        ["evaluate", table, "--target", "gc", "--model", "cnn", *KMER, "--cv", "3", *TINY], tmp_path
    )
    assert content["task"] == "regression"
    kmer = content["results"][1]
    # The GC content is a linear function of counts of letters, but not of their roots.
    assert kmer["mean"]["pearson"] > 0.8
    assert set(kmer["mean"]) == {"spearman", "pearson", "r2", "seconds"}


def test_several_targets_are_tasks_with_missing_labels(table, tmp_path, capsys):
    content = run_json(
        [
            "evaluate",
            table,
            "--target",
            "label,starts_a",
            "--model",
            "cnn",
            *KMER,
            "--cv",
            "3",
            *TINY,
        ],
        tmp_path,
    )
    assert content["task"] == "multilabel"
    out = capsys.readouterr().out
    assert "2 tasks (label, starts_a), 8% labels missing" in out
    # Each task has a line of its own below the mean over both.
    names = [line.split()[0] for line in out.splitlines()[4:]]
    assert names == ["cnn", "label", "starts_a", "kmer-logreg", "label", "starts_a"]
    for result in content["results"]:
        apart = [scores["mean"]["auroc"] for scores in result["targets"].values()]
        assert list(result["targets"]) == ["label", "starts_a"]
        assert_allclose(np.mean(apart), result["mean"]["auroc"])
    assert all(result["mean"]["auroc"] is not None for result in content["results"])


def test_fasta_with_labels_in_headers_or_beside_scores_as_the_table(
    table, fasta, frame, tmp_path, capsys
):
    labels = tmp_path / "labels.tsv"
    labels.write_text("".join(f"s{i}\t{label}\n" for i, label in enumerate(frame["label"])))
    results = [
        run_json(["evaluate", *source, *KMER, "--cv", "3"], tmp_path)["results"][0]["mean"]["auroc"]
        for source in ([table], [fasta], [fasta, "--labels", str(labels)])
    ]
    assert len(set(results)) == 1


# train and predict


@pytest.mark.parametrize("target", ["label", "label,starts_a"])
def test_thresholds_are_tuned_and_applied(table, target, tmp_path, capsys):
    model, output = str(tmp_path / "m.skops"), tmp_path / "predictions.csv"
    options = ["--target", target, *KMER, "--thresholds", "mcc"]
    assert main(["train", table, *options, "-o", model]) == 0
    assert main(["predict", model, table, "-o", str(output)]) == 0
    found, tuned = pd.read_csv(output), skgenomics.load(model)
    if target == "label":
        expected = found["probability_1"] >= tuned.thresholds_[0]
        assert (found["prediction"] == expected).all()
    else:
        for name, threshold in zip(["label", "starts_a"], tuned.thresholds_, strict=True):
            assert (found[f"predicted_{name}"] == (found[name] >= threshold)).all()
    (result,) = run_json(["evaluate", table, *options, "--cv", "2"], tmp_path)["results"]
    assert result["settings"]["objective"] == "mcc"
    assert main(["train", table, "--target", "gc", *KMER, "--thresholds", "f1", "-o", model]) == 2
    assert "--thresholds is for two classes or several labels" in capsys.readouterr().err


def test_predictions_of_a_stream_are_those_in_memory(
    table, trained, frame, tmp_path, monkeypatch, capsys
):
    whole, stream = tmp_path / "whole.csv", tmp_path / "stream.csv.gz"
    assert main(["predict", trained, table, "-o", str(whole)]) == 0
    monkeypatch.setattr(predict, "_BATCH", 7)
    assert main(["predict", trained, table, "-o", str(stream)]) == 0
    assert gzip.decompress(stream.read_bytes()) == whole.read_bytes()
    scores = pd.read_csv(whole)
    model = skgenomics.load(trained)
    assert scores.columns.tolist() == ["id", "prediction", "probability_0", "probability_1"]
    assert scores["id"].tolist() == list(range(60))
    assert (scores["prediction"] == model.predict(frame["sequence"])).all()
    assert_allclose(
        scores.iloc[:, 2:], model.predict_proba(frame["sequence"]), rtol=1e-5, atol=1e-6
    )


def test_killed_commands_continue_from_their_checkpoints(table, tmp_path, monkeypatch, capsys):
    folder, model = tmp_path / "kept", str(tmp_path / "model.skops")
    evaluate = ["evaluate", table, "--model", "cnn", *KMER, *TINY, "--cv", "2"]
    train = ["train", table, "--model", "cnn", *TINY, "-o", model]
    plain = run_json(evaluate, tmp_path)
    main([*train, "--checkpoint", str(folder)])
    assert load(model).checkpoint is None
    kept = run_json([*evaluate, "--checkpoint", str(folder)], tmp_path)
    assert len([*folder.rglob("training.pt")]) == 3

    def fail(*args, **kwargs):
        raise AssertionError("a finished training is repeated")

    monkeypatch.setattr("skgenomics.training.Net.train_step", fail)
    again = run_json([*evaluate, "--checkpoint", str(folder)], tmp_path)
    main([*train, "--checkpoint", str(folder)])
    scores = [
        [fold["scores"] for result in page["results"] for fold in result["folds"]]
        for page in (plain, kept, again)
    ]
    assert scores[0] == scores[1] == scores[2]
    capsys.readouterr()
    assert main(["train", table, *KMER, "-o", model, "--checkpoint", str(folder)]) == 2
    assert "--checkpoint is for networks" in capsys.readouterr().err


def test_tune_keeps_the_best_candidate(table, tmp_path, capsys):
    model, page = str(tmp_path / "tuned.skops"), tmp_path / "tuned.json"
    argv = ["tune", table, "--model", "mlp", "--set", "max_iter=1", "--cv", "2", "-o", model]
    argv += ["--n-candidates", "3", "--results", str(page)]
    assert main(argv) == 0
    found = json.loads(page.read_text())
    scores = [candidate["auroc"] for candidate in found["candidates"]]
    assert len(scores) == 3
    assert found["candidates"][0]["settings"] == {}
    assert found["best"] == int(np.argmax(scores))
    out = capsys.readouterr().out
    assert f"candidate {found['best']} of 3 is best, auroc {max(scores):.4f}" in out
    tuned = load(model)
    assert tuned.max_iter == 1
    settings = found["candidates"][found["best"]]["settings"]
    for name, value in settings.items():
        assert getattr(tuned, name) == (tuple(value) if isinstance(value, list) else value)
    # The defaults are tried whatever the budget.
    assert main([*argv, "--budget", "0s"]) == 0
    assert "candidate 0 of 1 is best" in capsys.readouterr().out
    assert main([*argv, "--budget", "0s", "--thresholds", "mcc"]) == 0
    assert len(load(model).thresholds_) == 1
    capsys.readouterr()
    assert main([*argv, "--budget", "soon"]) == 2
    assert "must be a time such as 90s" in capsys.readouterr().err
    assert main(["tune", table, *KMER, "-o", model]) == 2
    assert "architecture must be one of" in capsys.readouterr().err


def test_tune_never_sees_test_rows(frame, tmp_path, capsys):
    path, model = tmp_path / "split.csv", str(tmp_path / "tuned.skops")
    parts = np.resize(["train", "train", "dev", "test"], len(frame))
    frame.assign(split=parts).to_csv(path, index=False)
    argv = ["tune", str(path), "--model", "mlp", "--set", "max_iter=1", "-o", model]
    assert main([*argv, "--n-candidates", "1", "--results", str(tmp_path / "a.json")]) == 0
    out = capsys.readouterr().out
    assert "15 test rows of the column split are left out" in out
    assert "fitted to all 45 sequences" in out
    (fold,) = json.loads((tmp_path / "a.json").read_text())["candidates"][0]["folds"]
    assert (fold["n_train"], fold["n_test"]) == (30, 15)


def test_fasta_is_predicted_by_identifier_to_stdout(fasta, trained, frame, capsys, monkeypatch):
    monkeypatch.setattr(predict, "_BATCH", 25)
    capsys.readouterr()
    assert main(["predict", trained, fasta]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["id"] for row in rows] == [f"s{i}" for i in range(60)]
    expected = skgenomics.load(trained).predict_proba(frame["sequence"])[:, 1]
    assert_allclose([float(row["probability_1"]) for row in rows], expected, rtol=1e-5, atol=1e-6)


def test_predict_reads_one_batch_at_a_time(table, trained, monkeypatch, capsys):
    sizes = []
    original = predict.predict_table
    monkeypatch.setattr(predict, "_BATCH", 16)
    monkeypatch.setattr(
        predict, "predict_table", lambda m, ids, x: sizes.append(len(x)) or original(m, ids, x)
    )
    assert main(["predict", trained, table]) == 0
    assert sizes == [16, 16, 16, 12]


def test_identifiers_come_from_a_column(trained, tmp_path, capsys):
    path = tmp_path / "new.csv"
    path.write_text("id,name,dna\n007,x,ACGTACGTAC\n,y,GGGGGGGGGG\n")
    for more, expected in ([], ["007", ""]), (["--id-column", "name"], ["x", "y"]):
        capsys.readouterr()
        assert main(["predict", trained, str(path), "--sequence-column", "dna", *more]) == 0
        rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
        assert [row["id"] for row in rows] == expected


@pytest.mark.parametrize("model", ["cnn", "kmer-logreg"])
@pytest.mark.parametrize(
    ("target", "columns"),
    [
        ("label", ["id", "prediction", "probability_0", "probability_1"]),
        ("gc", ["id", "prediction"]),
        ("label,starts_a", ["id", "label", "starts_a"]),
        ("gc,starts_a", ["id", "gc", "starts_a"]),
    ],
)
def test_every_model_trains_saves_and_predicts_every_task(model, target, columns, table, tmp_path):
    saved, scores = str(tmp_path / "m.skops"), tmp_path / "scores.csv"
    settings = TINY if model == "cnn" else []
    assert main(["train", table, "--target", target, "--model", model, *settings, "-o", saved]) == 0
    assert main(["predict", saved, table, "-o", str(scores)]) == 0
    result = pd.read_csv(scores)
    assert result.columns.tolist() == columns
    assert len(result) == 60
    assert result.notna().all(axis=None)


# errors

BAD = {
    "two.csv": "sequence,label\nACGTACGT,0\nACGTACGT,1\n",
    "letters.csv": "sequence,label\nACGTACGT,0\nACGTAC!T,1\nACGTACGT,0\nACGTACGT,1\n",
    "one.csv": "sequence,label\nACGTACGT,0\nACGTACGT,0\n",
    "split.csv": "sequence,label,split\nACGTACGT,0,train\nACGTACGT,1,holdout\n",
    "empty.csv": "",
    "bad.fa": ">a label=1\nACGT\n>b\nACGT\n",
    "broken.skops": "PK\x03\x04 this is no archive",
}


@pytest.fixture
def bad(tmp_path, monkeypatch):
    for name, content in BAD.items():
        (tmp_path / name).write_text(content)
    skgenomics.save(OneHotEncoder().fit(["ACGT"]), tmp_path / "encoder.skops")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("", "required: COMMAND"),
        ("evalute", "invalid choice: 'evalute'"),
        ("evaluate", "required: data"),
        ("evaluate none.csv", "none.csv: No such file or directory"),
        ("evaluate two.csv --target lable", "no column 'lable', only 'sequence', 'label'; did you"),
        ("evaluate two.csv --sequence-column dna", "no column 'dna'"),
        ("evaluate two.csv --model cn", "did you mean 'cnn'"),
        ("evaluate two.csv --model cnn --set max_itr=3", "did you mean 'max_iter'"),
        ("evaluate two.csv --model cnn --set rnn:max_iter=3", "'rnn' is none of the models cnn"),
        ("evaluate two.csv --model cnn --set max_iter", "--set takes NAME=VALUE"),
        ("evaluate two.csv --cv x", "must be a number of folds >= 2"),
        ("evaluate two.csv --cv 1", "must be a number of folds >= 2"),
        ("evaluate two.csv --group-column chrom", "no column 'chrom'"),
        ("evaluate two.csv --labels x.csv", "--labels is for FASTA"),
        ("evaluate two.csv -o no/folder.json", "there is no folder"),
        ("evaluate letters.csv --cv 2 --model kmer-logreg", "sequence 1 has '!' at position 6"),
        ("train two.csv --model cnn --set max_iter=0 -o m.skops", "max_iter must be"),
        ("evaluate one.csv", "all labels are '0'"),
        ("evaluate split.csv", "'split' has 'holdout'"),
        ("evaluate empty.csv", "empty.csv is empty"),
        ("evaluate bad.fa", "record 'b' has no 'label=...'"),
        ("evaluate two.csv --task multilabel", "multilabel needs several"),
        ("train two.csv --model cnn", "required: -o/--output"),
        ("train two.csv --model cnn -o no/m.skops", "there is no folder"),
        ("predict none.skops two.csv", "none.skops: No such file"),
        ("predict broken.skops two.csv", "damaged"),
        ("predict two.csv two.csv", "is not a model that skgenomics.save wrote"),
        ("predict encoder.skops two.csv", "OneHotEncoder, which cannot predict"),
        ("demo --n-samples x", "invalid int value"),
        ("evaluate two.csv -o x.pkl", "the output x.pkl is written as .json, not as .pkl"),
        ("train two.csv --model cnn -o x.pkl", "is written as .skops, not as .pkl"),
        ("predict two.csv two.csv -o two.csv", "is the input file two.csv, which would be"),
        ("predict encoder.skops two.csv -o ./two.csv", "the output ./two.csv is the input file"),
        (
            "evaluate two.csv --model cnn --model kmer-logreg --set C=1",
            "for the baseline, write --set kmer-logreg:C=1",
        ),
    ],
)
def test_errors_are_one_line_and_exit_code_2(command, message, bad, capsys):
    assert main(command.split()) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("skgenomics: error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err


def test_bad_symbols_in_a_late_batch_are_named_and_leave_no_half_file(
    trained, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(predict, "_BATCH", 2)
    path, output = tmp_path / "new.fa", tmp_path / "scores.csv"
    path.write_text(">a\nACGTACGT\n>b\nACGTACGT\n>c\nACGTACGT\n>d x\nACGTAC!T\n")
    assert main(["predict", trained, str(path), "-o", str(output)]) == 2
    assert "id 'd'" in capsys.readouterr().err
    assert not output.exists()


def test_an_error_in_a_late_batch_keeps_the_old_file(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(predict, "_BATCH", 2)
    path, output = tmp_path / "new.fa", tmp_path / "scores.csv"
    path.write_text(">a\nACGTACGT\n>b\nACGTACGT\n>c\nACGTACGT\n>d x\nACGTAC!T\n")
    output.write_text("precious")
    before = sorted(os.listdir(tmp_path))
    assert main(["predict", trained, str(path), "-o", str(output)]) == 2
    assert output.read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == before


def test_a_pipe_is_read_whole(trained, tmp_path, capsys):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = "".join(f">s{i}\nACGTACGT\n" for i in range(3000))
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    capsys.readouterr()
    assert main(["predict", trained, str(pipe)]) == 0
    writer.join()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3001
    assert [lines[i].split(",")[0] for i in (1, 3000)] == ["s0", "s2999"]


def test_settings_spare_the_baseline():
    models = make_models(["CNN", "kmer-logreg"], "classification", "ACGT", 0, ["max_iter=5"])
    assert list(models) == ["cnn", "kmer-logreg"]
    assert models["cnn"].max_iter == 5
    assert models["kmer-logreg"][-1].max_iter == 1000
    settings = ["kmer-logreg:max_iter=7"]
    models = make_models(["cnn", "kmer-logreg"], "classification", "ACGT", 0, settings)
    assert models["kmer-logreg"][-1].max_iter == 7


def test_sequences_of_unequal_length_in_one_fold_only(frame, tmp_path):
    """All other folds are trained on shorter sequences."""
    frame = frame.assign(sequence=frame["sequence"].where(frame.index != 0, "ACGT" * 20))
    frame.to_csv(tmp_path / "unequal.csv", index=False)
    path = str(tmp_path / "unequal.csv")
    assert main(["evaluate", path, "--model", "cnn", "--cv", "3", *TINY]) == 0


def test_warnings_are_one_line(capsys):
    def warn(args):
        warnings.warn("two\nlines", UserWarning, stacklevel=1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skgenomics.cli.demo.run", warn)
        assert main(["demo"]) == 0
    assert capsys.readouterr().err == "skgenomics: warning: two lines\n"


def test_an_error_before_the_first_batch_spares_the_output(trained, tmp_path, capsys):
    output = tmp_path / "scores.csv"
    output.write_text("precious")
    assert main(["predict", trained, str(tmp_path / "none.fa"), "-o", str(output)]) == 2
    assert output.read_text() == "precious"


def test_a_damaged_model_is_told_from_a_sound_one(trained, table, tmp_path, capsys):
    content = bytearray((tmp_path / "model.skops").read_bytes())
    half = tmp_path / "half.skops"
    half.write_bytes(content[: len(content) // 2])
    assert main(["predict", str(half), table]) == 2
    middle = len(content) // 4
    content[middle : middle + 200] = bytes(200)
    half.write_bytes(content)
    assert main(["predict", str(half), table]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_traceback_shows_where_an_error_comes_from(tmp_path):
    with pytest.raises(FileNotFoundError):
        main(["evaluate", str(tmp_path / "none.csv"), "--traceback"])


def test_the_module_runs_as_a_command():
    command = [sys.executable, "-m", "skgenomics", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == f"skgenomics {skgenomics.__version__}\n"


def test_the_parser_needs_no_torch():
    code = "import sys; from skgenomics.cli import make_parser; make_parser(); "
    code += "print({'torch', 'pandas'} & {*sys.modules})"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"


# demo


def test_demo_compares_all_models_on_all_tasks(capsys):
    assert main(["demo", "--n-samples", "30"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    header = rows.index(["data", "model", "AUROC", "AUPRC", "(prevalence)", "MCC", "seconds"])
    assert [row[:2] for row in rows[header + 1 :]] == [
        [data, model] for data in ("anywhere", "fixed", "rare") for model in ("cnn", "kmer-logreg")
    ]


# parts


@pytest.mark.parametrize(
    ("y", "task"),
    [
        (np.array(["a", "b"], dtype=object), "classification"),
        (np.array([True, False]), "classification"),
        (np.array([0, 1, 2]), "classification"),
        (np.array([0.0, 1.0]), "classification"),
        (np.array([0.5, 1.0]), "regression"),
        (np.arange(21), "regression"),
        (np.array([[0, np.nan], [1, 1]]), "multilabel"),
        (np.array([[0, 2.0], [1, 1]]), "regression"),
    ],
)
def test_tasks_are_told_by_the_labels(y, task):
    assert guess_task(y) == task


def test_unique_text_is_not_a_class_and_text_is_not_a_value():
    y = np.array([f"x{i}" for i in range(100)], dtype=object)
    with pytest.raises(ValueError, match="100 different labels"):
        check_labels(y, "classification")
    with pytest.raises(ValueError, match="needs numbers"):
        check_labels(y, "regression")


def test_settings_reach_the_models_that_have_them():
    settings = [
        "kmer-logreg:C=0.5",
        "n_filters=(8, 8)",
        "max_iter=7",
        "kmer-logreg:k=3",
        "residual=False",
    ]
    models = make_models(["cnn", "kmer-logreg"], "classification", "dna", 0, settings)
    assert models["cnn"].n_filters == (8, 8)
    assert models["cnn"].residual is False
    assert models["cnn"].max_iter == 7
    pipeline = models["kmer-logreg"]
    assert (pipeline[0].k, pipeline[1].C, pipeline[1].max_iter) == (3, 0.5, 1000)


def test_per_task_equals_one_model_per_task_on_its_known_rows(frame):
    X = KmerCounter(k=2).fit_transform(frame["sequence"])
    y = frame[["label", "starts_a"]].to_numpy(float)
    model = PerTask(LogisticRegression()).fit(X, y)
    for task in range(2):
        known = ~np.isnan(y[:, task])
        single = LogisticRegression().fit(X[known], y[known, task])
        assert_close(
            model.predict_proba(X)[:, task], single.predict_proba(X)[:, 1], dtype=np.float32
        )
    constant = PerTask(LogisticRegression()).fit(X, np.column_stack([y[:, 0], np.zeros(60)]))
    assert (constant.predict_proba(X)[:, 1] == 0).all()


def test_scores_are_those_of_known_cases():
    proba = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])
    scores = score_classes(np.array(["a", "a", "b", "b"]), proba, np.array(["a", "b"]))
    # Of the four pairs one is in the wrong order; the ranks of the positives are 1 and 3.
    assert scores["auroc"] == 0.75
    assert scores["auprc"] == pytest.approx((1 + 2 / 3) / 2)
    assert scores["accuracy"] == 0.75
    assert scores["mcc"] == pytest.approx(2 / np.sqrt(1 * 3 * 2 * 2))
    assert scores["prevalence"] == 0.5
    y = np.array([[1, np.nan], [0, 1], [1, np.nan], [0, 1]])
    tasks = score_tasks(y, np.column_stack([[0.9, 0.1, 0.8, 0.2], [0.3, 0.6, 0.1, 0.4]]))
    # The second task has no negative, and so no rank; its accuracy is one half.
    assert tasks["auroc"] == 1
    assert tasks["accuracy"] == 0.75
    values = score_values(np.array([1.0, 2, 3]), np.array([1.0, 4, 9]))
    assert values["spearman"] == pytest.approx(1)
    assert values["r2"] == pytest.approx(1 - 40 / 2)


def test_classes_that_training_lacked_count_as_wrong():
    scores = score_classes(
        np.array([0, 1, 2]), np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]), np.array([0, 1])
    )
    assert scores["accuracy"] == pytest.approx(2 / 3)


def test_saved_pipelines_of_the_library_predict_too(table, tmp_path, capsys):
    data = load_csv(table, "label")
    path = str(tmp_path / "own.skops")
    skgenomics.save(make_pipeline(KmerCounter(k=2), LogisticRegression()).fit(data.X, data.y), path)
    assert main(["predict", path, table]) == 0
    assert capsys.readouterr().out.startswith("id,prediction,probability_0,probability_1\n0,")


def test_other_families_and_published_networks_are_models(table, tmp_path):
    models = ["--model", "resnet", "--model", "DeepBind", "--set", "max_iter=1"]
    content = run_json(["evaluate", table, *models, "--cv", "3"], tmp_path)
    resnet, deepbind = content["results"]
    assert (resnet["model"], deepbind["model"]) == ("resnet", "DeepBind")
    assert "stem_filters" in resnet["settings"]
    assert deepbind["settings"]["kernel_size"] == 24


def test_a_published_network_for_other_targets_is_refused(table, capsys):
    argv = ["evaluate", table, "--target", "gc", "--model", "DeepBind", "--cv", "3"]
    assert main(argv) == 2
    assert "DeepBind is not for regression" in capsys.readouterr().err
