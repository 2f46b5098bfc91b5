"""Public sets from a server on this machine: kept, checked, and never half a file."""

import hashlib
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skgenomics.datasets import fetch_genomic_benchmark, fetch_gue
from skgenomics.datasets._cache import DownloadError, data_folder, fetch_file

GUE = "/leannmlindsey/GUE/resolve/main/GUE/human_tf_0/"
BENCHMARK = (
    "/katarinagresova/Genomic_Benchmarks_human_enhancers_cohn/resolve/refs%2Fconvert%2Fparquet/"
    "default/"
)
TRAIN = b"sequence,label\nACGT,1\nNA,0\n"


def parquet(**columns):
    pytest.importorskip("pyarrow", reason="parquet files need pyarrow")
    file = io.BytesIO()
    pd.DataFrame(columns).to_parquet(file)
    return file.getvalue()


class Server(ThreadingHTTPServer):
    """Serves what is in `files`; counts requests; `cut` bytes are missing at the end."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.requests, self.cut, self.framing = {}, [], 0, "length"
        self.url = f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.requests.append(self.path)
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        content = content or b""
        sent = content[: len(content) - self.server.cut]
        self.close_connection = True
        if self.server.framing == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            sent = b"%x\r\n%s" % (len(content), sent)
            sent += b"" if self.server.cut else b"\r\n0\r\n\r\n"
        elif self.server.framing == "length":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        server.files = {
            f"{GUE}train.csv": TRAIN,
            f"{GUE}dev.csv": b"sequence,label\nGGG,0\n",
            f"{GUE}test.csv": b"sequence,label\nTTTT,1\n",
        }
        yield server
        server.shutdown()
        thread.join()


def test_parts_are_joined_and_told_apart(server, tmp_path):
    data = fetch_gue("human_tf_0", data_home=tmp_path, base_url=server.url)
    assert data.X.tolist() == ["ACGT", "NA", "GGG", "TTTT"]
    assert data.X.dtype == object
    assert_array_equal(data.y, [1, 0, 0, 1])
    assert data.split.tolist() == ["train", "train", "dev", "test"]
    assert data.groups is None
    assert "human_tf_0" in data.DESCR


def test_files_are_fetched_once(server, tmp_path):
    first = fetch_gue("human_tf_0", data_home=tmp_path, base_url=server.url.rstrip("/"))
    assert len(server.requests) == 3
    again = fetch_gue("human_tf_0", data_home=tmp_path, download_if_missing=False)
    assert len(server.requests) == 3
    assert_array_equal(first.X, again.X)
    folder = tmp_path / "gue" / "human_tf_0"
    assert sorted(path.name for path in folder.iterdir()) == [
        "dev.csv", "dev.csv.json", "test.csv", "test.csv.json", "train.csv", "train.csv.json",
    ]  # fmt: skip
    record = json.loads((folder / "train.csv.json").read_text())
    assert record["sha256"] == hashlib.sha256(TRAIN).hexdigest()
    assert record["url"].endswith(f"{GUE}train.csv")


def test_parquet_files(server, tmp_path):
    server.files = {
        f"{BENCHMARK}train/0000.parquet": parquet(seq=["ACGT", "gg"], label=[0, 1]),
        f"{BENCHMARK}test/0000.parquet": parquet(seq=["TTT"], label=[1]),
    }
    data = fetch_genomic_benchmark("human_enhancers_cohn", data_home=tmp_path, base_url=server.url)
    assert data.X.tolist() == ["ACGT", "gg", "TTT"]
    assert_array_equal(data.y, [0, 1, 1])
    assert data.split.tolist() == ["train", "train", "test"]


def test_a_changed_file_is_an_error_with_both_sums(server, tmp_path):
    fetch_gue("human_tf_0", data_home=tmp_path, base_url=server.url)
    path = tmp_path / "gue" / "human_tf_0" / "train.csv"
    path.write_bytes(TRAIN + b"A,1\n")
    with pytest.raises(ValueError, match="has changed since it was first used") as caught:
        fetch_gue("human_tf_0", data_home=tmp_path, base_url=server.url)
    for content in (TRAIN, TRAIN + b"A,1\n"):
        assert hashlib.sha256(content).hexdigest() in str(caught.value)
    path.with_name("train.csv.json").unlink()
    assert len(fetch_gue("human_tf_0", data_home=tmp_path, base_url=server.url).X) == 5
    path.with_name("train.csv.json").write_text("[]")
    with pytest.raises(ValueError, match="holds no checksum; delete it"):
        fetch_gue("human_tf_0", data_home=tmp_path, base_url=server.url)


@pytest.mark.parametrize(
    ("framing", "message"),
    [
        ("length", "ended after 22 of 27 bytes"),
        ("chunked", "IncompleteRead"),
        ("none", "tells no length"),
    ],
)
def test_half_a_file_is_never_left(server, tmp_path, framing, message):
    """The cut is behind a line, so that the rest is a valid table."""
    server.cut, server.framing = 5, framing
    with pytest.raises(DownloadError, match=message):
        fetch_gue("human_tf_0", data_home=tmp_path, base_url=server.url)
    assert not list((tmp_path / "gue" / "human_tf_0").iterdir())
    server.cut, server.framing = 0, "chunked" if framing == "chunked" else "length"
    assert len(fetch_gue("human_tf_0", data_home=tmp_path, base_url=server.url).X) == 4


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9/", None])
def test_offline_errors_tell_the_address_and_the_path(server, tmp_path, base_url):
    """Port 9 refuses, and the server has no such file."""
    server.files = {}
    url = base_url or server.url
    with pytest.raises(OSError, match="cannot fetch") as caught:
        fetch_gue("human_tf_0", data_home=tmp_path, base_url=url)
    path = tmp_path / "gue" / "human_tf_0" / "train.csv"
    assert f"cannot fetch {url.rstrip('/')}{GUE}train.csv (" in str(caught.value)
    assert "download it by other means and put it at" in str(caught.value)
    assert str(path) in str(caught.value)
    assert not list(path.parent.iterdir())


def test_missing_files_are_not_fetched_unless_they_may_be(tmp_path):
    with pytest.raises(OSError, match=r"download_if_missing=False.*huggingface\.co"):
        fetch_gue("human_tf_0", data_home=tmp_path, download_if_missing=False)


def test_a_file_that_was_put_by_hand_is_taken(server, tmp_path):
    folder = tmp_path / "gue" / "human_tf_0"
    folder.mkdir(parents=True)
    (folder / "train.csv").write_bytes(b"sequence,label\r\nCC,1\r\n")
    data = fetch_gue("human_tf_0", data_home=tmp_path, base_url=server.url)
    assert data.X.tolist() == ["CC", "GGG", "TTTT"]
    assert len(server.requests) == 2
    assert (folder / "train.csv.json").exists()


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"<html>log in</html>", OSError, "is a web page or a message, such as one to log in"),
        (b"sequence,label\nAC,1\nGT", OSError, "seems to be cut off"),
        (b"", OSError, "seems to be cut off"),
        (b"seq,label\nAC,1\n", ValueError, "train.csv has no column 'sequence'.*delete .*csv.json"),
        (b"sequence,label\nAC,1\nGT,\n", ValueError, "row 1, counted from 0, has no label.*delete"),
    ],
)
def test_wrong_tables_are_named(server, tmp_path, content, error, message):
    server.files[f"{GUE}train.csv"] = content
    with pytest.raises(error, match=message):
        fetch_gue("human_tf_0", data_home=tmp_path, base_url=server.url)
    kept = list((tmp_path / "gue" / "human_tf_0").iterdir())
    assert error is ValueError or not kept


@pytest.mark.parametrize("content", [b"<html>", b"PAR1 cut"])
def test_wrong_parquet_files_are_named(server, tmp_path, content):
    pytest.importorskip("pyarrow", reason="parquet files need pyarrow")
    server.files = {f"{BENCHMARK}train/0000.parquet": content}
    with pytest.raises(OSError, match=r"is a web page|is not a whole parquet file"):
        fetch_genomic_benchmark("human_enhancers_cohn", data_home=tmp_path, base_url=server.url)


def test_without_pyarrow_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("skgenomics.datasets.fetch.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"skgenomics\[parquet\]"):
        fetch_genomic_benchmark("human_enhancers_cohn", data_home=tmp_path)


@pytest.mark.parametrize(
    ("fetch", "name", "nearest"),
    [
        (fetch_gue, "human_tf_9", "human_tf_"),
        (fetch_gue, "tf0", None),
        (fetch_genomic_benchmark, "enhancers_cohn", "human_enhancers_cohn"),
    ],
)
def test_unknown_names_list_those_there_are(fetch, name, nearest, tmp_path):
    with pytest.raises(ValueError, match=f"there is no set of .*{name!r}, only ") as caught:
        fetch(name, data_home=tmp_path)
    if nearest:
        assert f"did you mean '{nearest}" in str(caught.value)


def test_the_folder_is_that_of_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("SKGENOMICS_DATA_HOME", str(tmp_path / "deep" / "folder"))
    assert data_folder() == tmp_path / "deep" / "folder"
    assert data_folder().is_dir()
    assert data_folder(tmp_path) == tmp_path
    monkeypatch.delenv("SKGENOMICS_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder() == tmp_path / "skgenomics_data"


def test_many_at_once_leave_one_whole_file(server, tmp_path):
    content = np.random.RandomState(0).bytes(10**6)
    server.files["/big"] = content
    paths = [tmp_path / "big"] * 6
    threads = [threading.Thread(target=fetch_file, args=(f"{server.url}big", p)) for p in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "big").read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["big", "big.json"]
