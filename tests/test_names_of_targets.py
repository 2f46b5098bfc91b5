"""Names of tasks from the columns of y to every output that speaks of a task."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skgenomics import CNNClassifier, load, save
from skgenomics.cli import main
from skgenomics.genome import score_variants
from skgenomics.inspection import attribute, explain_report, mutagenesis
from skgenomics.testing import make_text

NAMES = ["K562", "HepG2"]
X = make_text(40, 40)
Y = pd.DataFrame({"K562": [int("GT" in x[10:20]) for x in X], "HepG2": np.arange(40) % 2})
TINY = {"n_filters": 4, "kernel_size": 3, "max_iter": 1, "random_state": 0}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Archives of one model by `save` and of another by the command line."""
    folder = tmp_path_factory.mktemp("names")
    save(CNNClassifier(**TINY).fit(X, Y), folder / "library.skops")
    pd.concat([pd.DataFrame({"sequence": X}), Y], axis=1).to_csv(folder / "t.csv", index=False)
    argv = ["train", str(folder / "t.csv"), "--target", "K562,HepG2", "--model", "cnn"]
    for name in ("n_filters=4", "kernel_size=3", "max_iter=1"):
        argv += ["--set", f"cnn:{name}"]
    assert main([*argv, "-o", str(folder / "cli.skops")]) == 0
    return folder


@pytest.mark.parametrize("archive", ["library.skops", "cli.skops"])
def test_names_of_tasks_reach_every_output(saved, archive, tmp_path):
    model = load(saved / archive)
    assert list(model.target_names_) == NAMES
    np.testing.assert_array_equal(
        attribute(model, X[:2], target="HepG2"), attribute(model, X[:2], target=1)
    )
    np.testing.assert_array_equal(
        mutagenesis(model, X[:1], target="HepG2"), mutagenesis(model, X[:1], target=1)
    )
    assert "HepG2" in explain_report(model, X[:12], Y[:12], target="HepG2", n_examples=1)
    genome = tmp_path / "genome.fa"
    genome.write_text(">chr1\n" + "".join(X) + "\n")
    alt = "A" if X[2][20] != "A" else "C"
    variants = pd.DataFrame({"chrom": ["chr1"], "pos": [101], "ref": [X[2][20]], "alt": [alt]})
    table = score_variants(model, variants, genome, window=40)
    assert {"delta_K562", "delta_HepG2"} <= set(table.columns)


def test_names_of_tasks_are_columns_of_predictions_of_the_command_line(saved, tmp_path):
    out = tmp_path / "scores.csv"
    assert main(["predict", str(saved / "cli.skops"), str(saved / "t.csv"), "-o", str(out)]) == 0
    assert pd.read_csv(out).columns.tolist() == ["id", *NAMES]


@pytest.mark.parametrize("verb", [attribute, mutagenesis])
@pytest.mark.parametrize("target", ["K563", 7])
def test_a_target_that_the_model_lacks_is_refused(saved, verb, target):
    model = load(saved / "library.skops")
    with pytest.raises(ValueError, match="target") as error:
        verb(model, X[:1], target=target)
    assert isinstance(target, int) or "K562" in str(error.value)
