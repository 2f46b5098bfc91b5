"""Malicious files of models and weights are refused, and none of their code runs."""

import pickle

import pytest
from malicious_files import CANARY, FILES, Payload, open_file


def test_the_payload_runs_where_a_pickle_is_read(tmp_path):
    pickle.loads(pickle.dumps(Payload(tmp_path)))
    assert (tmp_path / CANARY).exists()


@pytest.mark.parametrize("name", FILES)
def test_malicious_files_are_refused(name, tmp_path, monkeypatch):
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    error, has_run = open_file(name, folder)
    assert not has_run
    assert isinstance(error, ValueError), error
    assert str(folder) in str(error)
