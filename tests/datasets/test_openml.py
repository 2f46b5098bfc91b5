"""The UCI sets, from files of the layout that OpenML has."""

import hashlib
import io
import json
from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest
from real_data import DATA, needs_data

from skgenomics.datasets import fetch_promoters, fetch_splice


def arff(relation, names, rows):
    lines = [f"@relation {relation}"]
    lines += [f"@attribute {name} {kind}" for name, kind in names]
    return "\n".join([*lines, "@data", *rows, ""]).encode()


def splice(n_symbols=60):
    names = [("Instance_name", "string")]
    names += [(f"attribute_{i + 1}", "{A,C,D,G,N,R,S,T}") for i in range(n_symbols)]
    names += [("Class", "{EI,IE,N}")]
    texts = [
        "CCAGCTGCATCACAGGAGGCCAGCGAGCAGGTCTGTTCCAAGGGCCTTCGAGCCAGTCTG",
        "N" * 30 + "ACGTRD" * 5,
    ]
    rows = [
        f"'{name}',{','.join(text[:n_symbols])},{label}"
        for name, text, label in zip(
            ["ATRINS-DONOR-521", "X-NEG-1"], texts, ["EI", "N"], strict=True
        )
    ]
    return names, arff("splice", names, rows), texts


def promoters():
    names = [("class", "{+,-}"), ("instance", "{S10,'AMPC x'}")]
    names += [(f"p{i}", "{a,c,g,t}") for i in [*range(-50, 0), *range(1, 8)]]
    texts = ["tactagcaatacgcttgcgttcggtggttaagtatgtataatgcgcgggcttgtcgt", "c" * 57]
    rows = [f"+,S10,{','.join(texts[0])}", f"-,'AMPC x',{','.join(texts[1])}"]
    return names, arff("promoters", names, rows), [text.upper() for text in texts]


class Answer(io.BytesIO):
    def info(self):
        return {}


@pytest.fixture
def serve(monkeypatch):
    """Answer as OpenML does, from memory; a list of the addresses that were asked for."""
    asked = []

    def start(number, names, content, target, is_marked=True):
        features = [
            {
                "index": str(i), "name": name,
                "data_type": "string" if kind == "string" else "nominal",
                "is_target": str(name == target).lower(), "is_ignore": "false",
                "is_row_identifier": str(is_marked and "nstance" in name).lower(),
                "number_of_missing_values": "0",
            }
            for i, (name, kind) in enumerate(names)
        ]  # fmt: skip
        qualities = [{"name": "NumberOfInstances", "value": "2.0"}]
        description = {
            "id": str(number), "name": "set", "version": "1", "description": "A set.",
            "format": "ARFF", "status": "active", "file_id": "1",
            "default_target_attribute": target,
            "url": f"https://www.openml.org/data/v1/download/{number}/set.arff",
            "md5_checksum": hashlib.md5(content).hexdigest(),
        }  # fmt: skip
        answers = {
            f"/json/data/{number}": {"data_set_description": description},
            f"/json/data/features/{number}": {"data_features": {"feature": features}},
            f"/json/data/qualities/{number}": {"data_qualities": {"quality": qualities}},
        }

        def urlopen(request, *_, **__):
            asked.append(request.full_url)
            for path, answer in answers.items():
                if request.full_url.endswith(path):
                    return Answer(json.dumps(answer).encode())
            assert request.full_url == description["url"]
            return Answer(content)

        monkeypatch.setattr("sklearn.datasets._openml.urlopen", urlopen)
        return asked

    return start


@pytest.mark.parametrize("is_marked", [True, False])
def test_splice_sites(serve, tmp_path, is_marked):
    names, content, texts = splice()
    asked = serve(46, names, content, "Class", is_marked)
    data = fetch_splice(data_home=tmp_path)
    assert data.X.tolist() == texts
    assert data.X.dtype == data.y.dtype == object
    assert data.y.tolist() == ["EI", "N"]
    assert data.groups is data.split is None
    assert data.DESCR.startswith("A set.")
    n_asked = len(asked)
    assert fetch_splice(data_home=tmp_path).X.tolist() == texts
    assert len(asked) == n_asked


@pytest.mark.parametrize("is_marked", [True, False])
def test_promoters(serve, tmp_path, is_marked):
    names, content, texts = promoters()
    serve(164, names, content, "class", is_marked)
    data = fetch_promoters(data_home=tmp_path)
    assert data.X.tolist() == texts
    assert data.y.tolist() == ["+", "-"]


def test_another_layout_is_an_error(serve, tmp_path):
    names, content, _ = splice(59)
    serve(46, names, content, "Class")
    with pytest.raises(ValueError, match="should have 60 columns of one base, but it has 59"):
        fetch_splice(data_home=tmp_path)


def test_offline_error_tells_address_and_folder(monkeypatch, tmp_path):
    def urlopen(*_, **__):
        raise URLError("no network")

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", urlopen)
    monkeypatch.setattr("sklearn.datasets._openml.time.sleep", lambda _: None)
    with (
        pytest.warns(UserWarning, match="network error"),
        pytest.raises(OSError, match=r"openml\.org/d/46 .no network.*copy the folder") as caught,
    ):
        fetch_splice(data_home=tmp_path, n_retries=1)
    assert str(tmp_path / "openml") in str(caught.value)


@needs_data
def test_real_splice_sites_in_this_layout(serve, tmp_path):
    """All 3,190 rows, written as OpenML writes them."""
    frame = pd.read_csv(DATA / "uci_splice" / "splice.csv.gz")
    names, _, _ = splice()
    rows = [
        f"'row-{i}',{','.join(text)},{label}"
        for i, (text, label) in enumerate(zip(frame["sequence"], frame["label"], strict=True))
    ]
    serve(46, names, arff("splice", names, rows), "Class")
    data = fetch_splice(data_home=tmp_path)
    assert (frame["sequence"].to_numpy() == data.X).all()
    assert (data.y == frame["label"].to_numpy()).all()
    assert np.unique(data.y).tolist() == ["EI", "IE", "N"]
