"""The command line on intervals, variants and grouped folds; samplers and reports of leaks."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from skgenomics.cli import main
from skgenomics.cli.variants import read_target
from skgenomics.datasets import load_intervals, make_motif_classification
from skgenomics.sequences import reverse_complement

KMER = ["--model", "kmer-logreg"]


@pytest.fixture(scope="module")
def planted():
    return make_motif_classification(80, 30, motifs=["GATAAG"], conservation=1, random_state=0)


@pytest.fixture
def folder(planted, tmp_path, monkeypatch):
    """Four chromosomes of planted sequences end to end, and the intervals that hold them."""
    rows, chromosomes = [], []
    for c in range(4):
        own = range(20 * c, 20 * c + 20)
        chromosomes.append(f">chr{c + 1}\n" + "".join(planted.X[i] for i in own) + "\n")
        rows += [(f"chr{c + 1}", 30 * i, 30 * i + 30) for i in range(20)]
    frame = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    frame["name"] = np.where(planted.y, "bound", "free")
    (tmp_path / "genome.fa").write_text("".join(chromosomes))
    frame.to_csv(tmp_path / "peaks.bed", sep="\t", header=False, index=False)
    frame.rename(columns={"name": "label"}).to_csv(tmp_path / "peaks.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*argv):
    assert main(list(argv)) == 0


def results(folder, *argv):
    run(*argv, "-o", "results.json")
    return json.loads((folder / "results.json").read_text())


def test_load_intervals(folder, planted):
    data = load_intervals("peaks.bed", "genome.fa", target="name")
    assert data.X.tolist() == planted.X.tolist()
    assert data.y.tolist() == ["bound" if y else "free" for y in planted.y]
    assert data.groups.tolist() == data.frame["chrom"].tolist()
    table = load_intervals("peaks.csv", "genome.fa", target="label", length=10)
    assert table.X.tolist() == [x[10:20] for x in planted.X]


def test_labels_that_are_numbers_are_read_as_numbers(folder):
    frame = pd.read_csv("peaks.csv").assign(label=lambda f: (f["label"] == "bound").astype(int))
    frame.to_csv("numbers.bed", sep="\t", header=False, index=False)
    assert load_intervals("numbers.bed", "genome.fa", target="name").y.dtype.kind == "i"


def test_strands_are_read(folder, planted):
    frame = pd.read_csv("peaks.csv").assign(strand="-")
    frame.to_csv("minus.csv", index=False)
    data = load_intervals("minus.csv", "genome.fa", target="label")
    assert data.X.tolist() == [reverse_complement(x) for x in planted.X]


@pytest.mark.parametrize("path", ["peaks.bed", "peaks.csv"])
def test_evaluate_intervals(path, folder, capsys):
    argv = ["evaluate", path, "--genome", "genome.fa", *KMER, "--cv", "3"]
    content = results(folder, *argv)
    assert content["data"]["n_samples"] == 80
    assert content["results"][0]["mean"]["auroc"] > 0.7


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--group-by", "chromosome", "--cv", "4"], "4 folds, chromosomes kept together"),
        (["--cv", "homology"], "5 folds, similar sequences kept together"),
        (["--group-by", "homology", "--cv", "3"], "3 folds, similar sequences kept together"),
    ],
)
def test_folds_are_grouped(options, words, folder, capsys):
    argv = ["evaluate", "peaks.bed", "--genome", "genome.fa", *KMER, *options]
    content = results(folder, *argv)
    assert content["split"] == words
    sizes = [fold["n_test"] for fold in content["results"][0]["folds"]]
    assert sum(sizes) == 80
    assert "chromosome" not in words or sizes == [20] * 4


@pytest.mark.parametrize(
    "name",
    ["random-over", "random-under", "smote", "sequence-smote", "mutation", "reverse-complement",
     "homology"],
)  # fmt: skip
def test_samplers_balance_the_training_rows(name, folder, planted):
    rare = np.flatnonzero(planted.y == 1)[:14]
    rows = np.sort(np.concatenate([rare, np.flatnonzero(planted.y == 0)]))
    pd.DataFrame({"sequence": planted.X[rows], "label": planted.y[rows]}).to_csv("rare.csv")
    argv = ["evaluate", "rare.csv", *KMER, "--cv", "2", "--resample", name]
    [result] = results(folder, *argv)["results"]
    assert any("sampl" in setting or "smote" in setting for setting in result["settings"])
    assert 0 <= result["mean"]["auprc"] <= 1


def test_sampler_goes_in_front_of_a_network_too(folder, planted):
    pd.DataFrame({"sequence": planted.X, "label": planted.y}).to_csv("all.csv")
    tiny = ["--set", "max_iter=1", "--set", "n_filters=4", "--set", "kernel_size=3"]
    run("evaluate", "all.csv", "--model", "cnn", "--cv", "2", "--resample", "smote", *tiny)


@pytest.mark.parametrize("method", ["shuffle", "matched"])
def test_negatives_are_made(method, folder):
    pd.read_csv("peaks.csv").query("label == 'bound'").iloc[:12, :3].to_csv(
        "positives.bed", sep="\t", header=False, index=False
    )
    argv = ["evaluate", "positives.bed", "--genome", "genome.fa", "--negatives", method, *KMER]
    content = results(folder, *argv, "--ratio", "1", "--cv", "2")
    assert content["data"]["n_samples"] == 24
    assert "0: 12, 1: 12" in content["data"]["labels"]
    assert content["split"] == "2 folds, stratified, groups kept together"


def test_train_predict_and_variants(folder, planted, capsys):
    run("train", "peaks.bed", "--genome", "genome.fa", *KMER, "-o", "model.skops")
    run("predict", "model.skops", "peaks.bed", "--genome", "genome.fa", "-o", "scores.csv")
    scores = pd.read_csv("scores.csv")
    assert scores["id"].tolist() == pd.read_csv("peaks.csv")["label"].tolist()
    site = planted.positions[planted.y.argmax()]
    base = planted.X[planted.y.argmax()][site]
    row = int(planted.y.argmax())
    position = 30 * (row % 20) + int(site) + 1
    chrom = f"{row // 20 + 1}"
    vcf = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    alt = "C" if base != "C" else "A"
    (folder / "v.vcf").write_text(f"{vcf}{chrom}\t{position}\trs1\t{base}\t{alt}\t.\t.\t.\n")
    capsys.readouterr()
    run("variants", "model.skops", "v.vcf", "genome.fa", "--window", "30", "-o", "effects.tsv")
    assert "1 alleles scored into effects.tsv; 0 reference" in capsys.readouterr().out
    table = pd.read_csv("effects.tsv", sep="\t")
    assert table.loc[0, ["id", "ref_allele", "alt_allele"]].tolist() == ["rs1", base, alt]
    assert table["ref_match"].all()
    run("variants", "model.skops", "v.vcf", "genome.fa", "--window", "30", "--class", "bound")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("\t")[:4] == ["chrom", "pos", "id", "ref_allele"]
    # The classes are "bound" and "free", the second one being the positive.
    delta = float(lines[1].split("\t")[lines[0].split("\t").index("delta")])
    assert delta == pytest.approx(-table["delta"][0], rel=1e-4)


def test_check_reports_what_was_planted(folder, planted, capsys):
    X = [*planted.X, planted.X[0], reverse_complement(planted.X[1]), planted.X[2]]
    y = [*planted.y, planted.y[0], planted.y[1], 1 - planted.y[2]]
    frame = pd.DataFrame({"sequence": X, "label": y})
    frame["split"] = ["train"] * 60 + ["test"] * 23
    frame["lab"] = np.where(frame["label"] == 1, "A", "B")
    frame["id"] = range(len(frame))
    frame.to_csv("leaky.csv", index=False)
    content = results(folder, "check", "leaky.csv")
    assert content["duplicates"] == {
        "rows": 6, "sequences": 3, "other_strand": 1, "contradicting": 2
    }  # fmt: skip
    [leak] = content["leakage"]
    assert (leak["exact"], leak["reverse_complement"]) == (2, 1)
    best = content["confounders"][0]
    assert best["source"] == "lab"
    assert best["verdict"] == "predicts the label alone"
    assert "id" not in [row["source"] for row in content["confounders"]]
    printed = capsys.readouterr().out
    assert "2 are training sequences" in printed
    assert "lab" in printed


def test_check_of_intervals_sees_those_that_overlap(folder):
    frame = pd.read_csv("peaks.csv")
    moved = frame.assign(start=frame["start"] + 5, end=frame["end"] + 5).iloc[:5]
    both = pd.concat([frame, moved]).assign(split=["train"] * 80 + ["test"] * 5)
    both.to_csv("overlapping.csv", index=False)
    [leak] = results(folder, "check", "overlapping.csv", "--genome", "genome.fa")["leakage"]
    assert leak["overlap"] == 5


def test_positives_alone_need_negatives(folder, planted, capsys):
    (folder / "positives.bed").write_text("chr1\t0\t20\nchr1\t30\t50\n")
    assert main(["evaluate", "positives.bed", "--genome", "genome.fa"]) == 2
    assert "make negatives by --negatives matched" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("evaluate peaks.bed", "peaks.bed holds intervals; name the FASTA file by --genome"),
        ("evaluate peaks.csv --length 5", "--length is for intervals"),
        ("evaluate peaks.bed --genome none.fa", "none.fa"),
        ("evaluate peaks.csv --genome genome.fa --target x", "no column 'x'"),
        (
            "evaluate peaks.bed --genome genome.fa --negatives shuffle --target name",
            "leave --target",
        ),
        ("evaluate text.csv --negatives matched", "name its --genome"),
        ("evaluate text.csv --group-by chromosome", "needs a column of chromosomes"),
        ("evaluate peaks.bed --genome genome.fa --cv chromosome", "there are only 4"),
        ("evaluate text.csv --resample smot", "did you mean 'smote'"),
        ("evaluate text.csv --task regression --resample smote", "but this is regression"),
        ("evaluate text.csv --group-by families", "invalid choice: 'families'"),
        ("variants none.skops v.vcf genome.fa", "none.skops"),
        ("check none.csv", "none.csv"),
        ("check peaks.csv --genome genome.fa --ratio 2", "--ratio needs --negatives"),
        (
            "evaluate peaks.csv --genome genome.fa --cv homology --group-by chromosome",
            "--cv homology and --group-by chromosome contradict each other",
        ),
    ],
)
def test_errors_are_one_line(command, message, folder, planted, capsys):
    pd.DataFrame({"sequence": planted.X, "label": planted.y}).to_csv("text.csv", index=False)
    assert main(command.split()) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_check_looks_at_numbers_and_tells_what_it_leaves_out(folder, planted, capsys):
    frame = pd.DataFrame({"sequence": planted.X, "label": planted.y})
    rng = np.random.default_rng(0)
    frame["distance"] = planted.y + rng.uniform(0, 0.5, size=len(frame))
    frame["name"] = [f"peak{i}" for i in range(len(frame))]
    frame["batch"] = np.where(frame.index == 3, None, "a")
    frame.to_csv("sources.csv", index=False)
    content = results(folder, "check", "sources.csv")
    assert content["confounders"][0]["source"] == "distance"
    words = "Not looked at: name (too many values), batch (values are missing)"
    assert words in capsys.readouterr().out


def test_check_reports_all_or_an_error(folder, planted, capsys):
    frame = pd.DataFrame({"sequence": planted.X, "label": planted.y, "split": "holdout"})
    frame.to_csv("strange.csv", index=False)
    for argv in (["strange.csv"], ["strange.csv", "--similarity", "2"]):
        assert main(["check", *argv]) == 2
        assert capsys.readouterr().out == ""


def test_the_name_of_a_single_target_is_not_a_class(folder):
    model = DummyClassifier().fit([[0], [1]], [0, 1])
    model.target_names_ = ["positive"]
    assert read_target(model, "positive") == "positive"
    assert read_target(model, "1") == 1
    model.target_names_ = ["a", "b"]
    assert read_target(model, "b") == 1
    assert read_target(model, "cell,K562") == ("cell", "K562")
    assert read_target(model, "0,17") == (0, 17)


def test_groups_that_the_user_names_come_before_folds_of_the_file(folder, planted):
    frame = pd.DataFrame({"sequence": planted.X, "label": planted.y})
    frame["fold"], frame["family"] = np.arange(len(frame)) % 2, np.arange(len(frame)) // 4
    frame.to_csv("families.csv", index=False)
    content = results(folder, "evaluate", "families.csv", *KMER, "--group-column", "family")
    assert content["split"] == "5 folds, stratified, groups kept together"
