"""Folders that are no checkpoint, or not a whole one, and names on the hub."""

import json
import shutil

import pytest

from skgenomics.pretrained import PretrainedEmbedder
from skgenomics.pretrained._checkpoint_files import check_weights, find_folder, read_files
from skgenomics.pretrained._loading import load_checkpoint

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def copy(checkpoints, tmp_path):
    return shutil.copytree(checkpoints["bases"], tmp_path / "copy")


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """An empty cache of the hub, and no network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return tmp_path


def fail(path, message, **settings):
    with pytest.raises(ValueError, match=message):
        PretrainedEmbedder(path, **settings).fit(["ACGT"])


def test_paths_that_are_no_folder(copy):
    fail(copy / "absent", "there is no folder '.*absent'")
    fail("./absent", r"there is no folder '\./absent'")
    fail(copy / "config.json", "is a file; pass the folder")


@pytest.mark.parametrize("path", [None, 3, "", b"x"])
def test_names_of_another_type(path):
    fail(path, "name_or_path must be a folder or a name")


def test_folders_without_configuration(tmp_path):
    fail(tmp_path, "is not a checkpoint: it has no config.json")


def test_revisions_are_for_the_hub(copy):
    fail(copy, "revision='main' is for names on the Hugging Face hub", revision="main")


def test_damaged_configuration(copy):
    path = copy / "config.json"
    path.write_bytes(path.read_bytes()[:50])
    fail(copy, "config.json of the checkpoint is damaged")


def test_no_weights(copy):
    (copy / "model.safetensors").unlink()
    fail(copy, "no weights: neither model.safetensors nor pytorch_model.bin")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_weights_cut_short(copy, share):
    path = copy / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    fail(copy, r"model\.safetensors' \(\d+ bytes\) is damaged or truncated .* download it again")


def test_pickled_weights_cut_short(checkpoints, tmp_path):
    folder = shutil.copytree(checkpoints["custom"], tmp_path / "custom")
    path = folder / "pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:2000])
    message = r"pytorch_model\.bin' \(2000 bytes\) is damaged or truncated"
    fail(folder, message, trust_remote_code=True)


def test_pointers_instead_of_weights(copy):
    """Pointer files of Git LFS, which replace large files where LFS is not installed."""
    (copy / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    fail(copy, "is damaged or truncated")


def test_missing_parts_of_weights(copy):
    name = "model-00002-of-00002.safetensors"
    index = {"weight_map": {"a": "model.safetensors", "b": name}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    fail(copy, f"lacks {name}, one of 2 files of weights; the download was interrupted")


def test_whole_weights_pass(copy):
    check_weights(copy)


def test_files_of_a_checkpoint(checkpoints):
    plain, code = read_files(checkpoints["custom"])
    assert set(plain) == {"config.json", "tokenizer_config.json"}
    assert set(code) == {f"{x}_tiny.py" for x in ("configuration", "modeling", "tokenization")}


@pytest.mark.parametrize("revision", [None, "v1.0"])
def test_names_that_cannot_be_had(hub, revision):
    with pytest.raises(ValueError, match=r"'someone/model' is not a local folder") as error:
        load_checkpoint("someone/model", revision=revision)
    at = " --revision v1.0" if revision else ""
    assert f"hf download someone/model{at} --local-dir FOLDER" in str(error.value)


def test_names_that_are_none(hub):
    fail("no name!", "'no name!' is not a local folder, and the Hugging Face hub gives no such")


@pytest.mark.parametrize("revision", ["main", None, COMMIT])
def test_revisions_in_the_cache_are_pinned(hub, checkpoints, revision):
    """The commit that a name meant is kept, and read again after it."""
    repository = hub / "models--someone--model"
    shutil.copytree(checkpoints["bases"], repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    assert find_folder("someone/model", revision)[1] == COMMIT
    embedder = PretrainedEmbedder("someone/model", revision=revision).fit(["ACGT"])
    assert embedder.revision_ == COMMIT
