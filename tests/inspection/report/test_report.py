"""The report: valid HTML that stands alone, and what it says is so."""

import json
import re
import shutil
import subprocess
import tempfile
from html import escape, unescape

import html5lib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    KmerCounter,
    OneHotEncoder,
    ProfileRegressor,
    SequenceLabeler,
    save,
)
from skgenomics.cli import main
from skgenomics.datasets import make_motif_classification
from skgenomics.inspection import explain_report
from skgenomics.inspection.report._page import page, table
from skgenomics.inspection.report._performance import performance
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
    pytest.importorskip("memelite", reason="Tomtom is in memelite")
    rng = np.random.default_rng(0)
    others = [Motif(f"M{i}", rng.dirichlet([0.3] * 4, size=9)) for i in range(40)]
    return explain_report(
        model,
        data.X[250:],
        data.y[250:],
        X_train=[*data.X[:250], data.X[250]],
        database=[*others, Motif.from_sequences("ATF1", ["TGACGTCAT"] * 10)],
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
    # Three curves, the loss, the match of the motif, and three examples.
    assert len(re.findall("<figure", html)) == 3 + 1 + 1 + 3


def test_what_it_says_is_so(html, model, data):
    from sklearn.metrics import roc_auc_score

    auroc = roc_auc_score(data.y[250:], model.decision_function(data.X[250:]))
    assert auroc > 0.8
    assert f">{auroc:.3f}".rstrip("0") in html
    assert "raise the score of &#x27;1&#x27;" in html
    assert "positive_0 and its best match ATF1" in html
    # Nearly all sites of the planted motif are in sequences of its class.
    assert re.search(r"<td>1 \((9\d|100) %\)</td>", html)
    assert "1 are training sequences" in html
    changed, everything = html.split("<details>")
    assert "max_iter" in changed
    assert "weight_decay" not in changed
    assert "weight_decay" in everything


def test_page_escapes_what_comes_in():
    html = page("<b>", [("a & b", table(pd.DataFrame({"<i>": ["<script>"], "n": [0.5]})))])
    check_valid(html)
    assert "<script>" not in html


QUICK = {"n_filters": 4, "kernel_size": 5, "max_iter": 1, "random_state": 0}


def report_on(estimator, X, y, **settings):
    settings = {"n_examples": 1, "n_sequences": 60} | settings
    html = explain_report(estimator.fit(X, y), X, y, **settings)
    check_valid(html)
    return html


def test_several_tasks_and_classes(data):
    X, y = data.X[:60], data.y[:60]
    tasks = np.column_stack([y, 1.0 - y])
    tasks[:20, 1] = np.nan
    html = report_on(CNNClassifier(**QUICK), X, tasks, target=0)
    assert "mean AUROC" in html
    three = np.where(np.arange(60) % 3 == 0, "other", np.where(y, "<yes>", "no"))
    html = report_on(CNNClassifier(**QUICK), X, three, target="<yes>")
    assert "Confusion matrix." in html
    assert "<yes>" not in html


def test_real_values(data):
    X, y = data.X[:100], data.y[:100] * 2.0 + 1
    model = CNNRegressor(**QUICK).fit(X, y)
    y[:3] = np.nan
    html = explain_report(model, X, y, n_examples=1)
    check_valid(html)
    assert "on the dashed line" in html
    assert '<td class="number">97</td>' in html
    assert "<svg" in performance(model, X, np.full(100, np.nan))


def test_labels_and_profiles_of_positions(data):
    X = data.X[:60]
    labels = ["".join("PN"[symbol in "AT"] for symbol in text) for text in X]
    labels[0] = "?" * 20 + labels[0][20:]
    settings = {"max_iter": 1, "random_state": 0, "network_params": {"n_filters": 4}}
    labeler = SequenceLabeler(network="cnn", **settings)
    html = report_on(labeler, X, labels, target="P")
    assert f"{60 * 40 - 20}</td>" in html
    known = labeler.score(X, labels)
    assert f">{known:.3f}".rstrip("0") in html
    signal = np.random.default_rng(0).poisson(2.0, size=(60, 40))
    html = report_on(ProfileRegressor(network="cnn", **settings), X, signal)
    assert "Pearson of the totals" in html
    with pytest.raises(ValueError, match="y has the shape"):
        explain_report(ProfileRegressor(network="cnn", **settings).fit(X, signal), X, signal[:, 1:])


def test_proteins():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), size=30)) for _ in range(60)]
    model = CNNClassifier(alphabet="protein", **QUICK).fit(X, np.arange(60) % 2)
    html = explain_report(model, X, X_train=X[:1], n_examples=1)
    assert "1 are training sequences" in html


def test_every_form_of_sequences_and_any_index(data):
    X, y = data.X[:60], data.y[:60]
    model = CNNClassifier(**QUICK).fit(X, y)
    settings = {"n_examples": 1, "n_sequences": 40}
    plain = explain_report(model, list(X), list(y), **settings)
    odd = pd.Series(X, index=np.arange(60) * 1.5 + 7)
    assert explain_report(model, odd, pd.Series(y, index=odd.index), **settings) == plain
    signals = np.random.default_rng(0).normal(size=(60, 3, 20))
    html = report_on(CNNClassifier(n_channels=3, **QUICK), signals, y)
    assert "Motifs" not in html


@pytest.mark.parametrize("linear", [LogisticRegression(max_iter=500), Ridge()])
def test_estimators_without_positions_say_so(linear, data):
    model = make_pipeline(KmerCounter(k=3), linear).fit(data.X[:100], data.y[:100])
    html = explain_report(model, data.X[100:160], data.y[100:160])
    check_valid(html)
    assert "no gradients" in html
    with pytest.raises(ValueError, match="is none of them"):
        explain_report(model, data.X[100:160], target="x")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": "x"}, "none of them"),
        ({"y": np.full(150, 7)}, r"y has the label 7 at index 0, but .* the classes \[0, 1\]"),
        ({"n_examples": 0}, "n_examples must be"),
        ({"n_sequences": 0}, "n_sequences must be"),
        ({"path": "no/such/folder.html"}, "there is no folder"),
        ({"y": [0, 1]}, "inconsistent numbers of samples|y has|length"),
    ],
)
def test_bad_input(model, data, settings, message):
    with pytest.raises(ValueError, match=message):
        explain_report(model, data.X[250:], **({"y": data.y[250:]} | settings))


def test_pipelines(data):
    X, y = data.X[:60], data.y[:60]
    behind = make_pipeline(OneHotEncoder(), CNNClassifier(**QUICK)).fit(X, y)
    assert "Examples" in explain_report(behind, X, n_examples=1)
    with pytest.raises(ValueError, match="none of them"):
        explain_report(behind, X, target="x")
    with pytest.raises(ValueError, match="not fitted"):
        explain_report(CNNClassifier(), X)


def test_command_line(model, data, tmp_path, monkeypatch, capsys):
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
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--enable-logging=stderr",
    "--v=0",
    "--dump-dom",
]
# A window can't be as narrow as a phone, a frame can. Its sizes are written down in the document,
# and the message shows that those of the console are seen.
FRAME = """<!DOCTYPE html>
<iframe srcdoc="{page}" style="width: {width}px; height: 800px; border: 0"></iframe>
<script>
addEventListener("load", () => {{
  const view = document.querySelector("iframe").contentWindow, page = view.document;
  const scrolls = (node) => node && (node.matches(".scroll") || scrolls(node.parentElement));
  const beyond = [...page.querySelectorAll("body *")].filter(
    (node) => !scrolls(node) && node.getBoundingClientRect().right > view.innerWidth + 0.5);
  const lines = (node) => {{
    const range = page.createRange();
    range.selectNodeContents(node);
    return range.getClientRects().length;
  }};
  const broken = [...page.querySelectorAll("thead th, td.number")].filter(
    (node) => !node.textContent.includes(" ") && lines(node) > 1);
  const logos = [...page.querySelectorAll(".wide svg")].map((x) => x.getBoundingClientRect().width);
  document.body.dataset.sizes = JSON.stringify({{
    window: view.innerWidth, page: page.documentElement.scrollWidth,
    beyond: beyond.length, broken: broken.length, logo: Math.min(...logos),
  }});
  console.info("measured");
}});
</script>"""


def browse(html, folder, width):
    """The document and the messages of the console of a page in a window of some width."""
    (folder / "page.html").write_text(html)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        own = [f"--user-data-dir={profile}", f"--window-size={width},800"]
        shown = subprocess.run(
            [BROWSER, *FLAGS, *own, (folder / "page.html").as_uri()],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    return shown.stdout, [line for line in shown.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.skipif(BROWSER is None, reason="there is no chromium to open the report in")
def test_browser_shows_it_without_errors(html, tmp_path):
    document, messages = browse(html, tmp_path, 1280)
    assert messages == []
    headings = re.findall(r"<h2>([^<]+)</h2>", document)
    assert headings == re.findall(r"<h2>([^<]+)</h2>", html)
    assert document.count("<svg") == html.count("<svg")


@pytest.mark.skipif(BROWSER is None, reason="there is no chromium to open the report in")
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out_of_the_screen(html, tmp_path, width):
    document, messages = browse(FRAME.format(page=escape(html), width=width), tmp_path, 1400)
    assert len(messages) == 1
    assert "measured" in messages[0]
    sizes = json.loads(unescape(re.search(r'data-sizes="([^"]+)"', document)[1]))
    assert sizes["window"] == width
    assert sizes["page"] <= width
    assert (sizes["beyond"], sizes["broken"]) == (0, 0)
    # Forty letters stay readable: what does not fit a phone is scrolled, not shrunk.
    assert sizes["logo"] >= 640
