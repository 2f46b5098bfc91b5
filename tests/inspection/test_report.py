"""The report: valid HTML that stands alone, and what it says is so."""

import re
import shutil
import subprocess

import html5lib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from skgenomics import CNNClassifier, CNNRegressor, KmerCounter, OneHotEncoder, save
from skgenomics.cli import main
from skgenomics.datasets import make_motif_classification
from skgenomics.inspection import explain_report
from skgenomics.inspection.report.page import page, table
from skgenomics.motifs import Motif

SMALL = {"n_filters": 16, "kernel_size": 9, "max_iter": 10, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(
        400, 40, motifs=["TGACGTCAT"], conservation=0.95, random_state=0
    )


@pytest.fixture(scope="module")
def model(data):
    return CNNClassifier(**SMALL).fit(data.X[:250], data.y[:250])


@pytest.fixture(scope="module")
def html(model, data):
    database = [
        Motif.from_sequences("ATF1", ["TGACGTCAT"] * 10),
        *(Motif.from_sequences(text, [text] * 10) for text in ("CCCCCGCCCC", "AATTGATTAA")),
    ]
    return explain_report(
        model,
        data.X[250:],
        data.y[250:],
        X_train=[*data.X[:250], data.X[250]],
        database=database,
        title="ATF & <friends>",
    )


def check_valid(html):
    """The specification's own algorithm finds no error."""
    html5lib.HTMLParser(strict=True).parse(html)
    identifiers = re.findall(r'\sid="([^"]+)"', html)
    assert len(identifiers) == len(set(identifiers))
    referred = re.findall(r'(?:href="#|url\(#)([^")]+)', html)
    assert set(referred) <= set(identifiers)


def test_page_is_valid_and_stands_alone(html):
    check_valid(html)
    assert "<script" not in html
    sources = re.findall(r'(?:src|href)="(?!#|data:)([^"]+)"', html)
    assert not sources
    assert 'name="viewport"' in html
    assert "ATF &amp; &lt;friends&gt;" in html


def test_sections(html):
    headings = re.findall(r"<h2>([^<]+)</h2>", html)
    assert headings == [
        "Data",
        "Performance",
        "Training",
        "Motifs",
        "Examples",
        "Can attributions be trusted",
        "Leaks and confounders",
        "Settings",
    ]
    assert len(re.findall("<figure", html)) == 1 + 1 + 3


def test_what_it_says_is_so(html, model, data):
    from sklearn.metrics import roc_auc_score

    auroc = roc_auc_score(data.y[250:], model.decision_function(data.X[250:]))
    assert auroc > 0.8
    assert f">{auroc:.3f}".rstrip("0") in html
    # The planted motif, found and recognised.
    assert re.search("positive_0.*ATF1", html, flags=re.DOTALL)
    assert "1 are training sequences" in html
    assert "max_iter" in html


def test_page_escapes_what_comes_in():
    import pandas as pd

    html = page("<b>", [("a & b", table(pd.DataFrame({"<i>": ["<script>"], "n": [0.5]})))])
    check_valid(html)
    assert "<script>" not in html


def test_other_tasks_have_reports_too(data):
    X, y = data.X[:200], data.y[:200]
    tasks = np.column_stack([y, 1.0 - y])
    tasks[:20, 1] = np.nan
    three = np.where(np.arange(200) % 3 == 0, "other", np.where(y, "yes", "no"))
    multi = CNNClassifier(**SMALL).fit(X, tasks)
    check_valid(explain_report(multi, X, tasks, target=0, n_examples=1))
    classes = CNNClassifier(**SMALL).fit(X, three)
    check_valid(explain_report(classes, X, three, target="yes", n_examples=1))
    values = CNNRegressor(**SMALL).fit(X, y * 2.0 + 1)
    check_valid(explain_report(values, X, y * 2.0 + 1, n_examples=1))
    behind = make_pipeline(OneHotEncoder(), CNNClassifier(**SMALL)).fit(X, y)
    assert "Motifs" in explain_report(behind, X, n_examples=1)


@pytest.mark.parametrize("linear", [LogisticRegression(max_iter=500), Ridge()])
def test_estimators_without_positions_say_so(linear, data):
    model = make_pipeline(KmerCounter(k=3), linear).fit(data.X[:200], data.y[:200])
    html = explain_report(model, data.X[200:], data.y[200:])
    check_valid(html)
    assert "no gradients" in html


def test_target_out_of_range(model, data):
    with pytest.raises(ValueError, match="none of them"):
        explain_report(model, data.X[250:], data.y[250:], target="x")


def test_command_line(model, data, tmp_path, monkeypatch, capsys):
    import pandas as pd

    monkeypatch.chdir(tmp_path)
    save(model, "model.skops")
    frame = pd.DataFrame({"sequence": data.X, "label": data.y})
    frame["split"] = ["train"] * 250 + ["test"] * 150
    frame.to_csv("peaks.csv", index=False)
    assert main(["explain", "model.skops", "peaks.csv", "-o", "report.html"]) == 0
    assert "report on 150 sequences" in capsys.readouterr().out
    check_valid((tmp_path / "report.html").read_text())
    assert main(["explain", "model.skops", "peaks.csv", "-o", "no/report.html"]) == 2


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.mark.skipif(BROWSER is None, reason="there is no chromium to open the report in")
def test_browser_shows_it_without_errors(html, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(html)
    command = [BROWSER, "--headless", "--no-sandbox", "--enable-logging=stderr", "--dump-dom"]
    shown = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, check=True)
    assert "Can attributions be trusted" in shown.stdout
    assert "CONSOLE" not in shown.stderr
