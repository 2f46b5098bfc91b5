"""Reading checkpoints: code of their own, other precision, what is missing."""

import json
import logging
import shutil
import sys

import numpy as np
import pytest
import torch
import transformers
from numpy.testing import assert_allclose, assert_array_equal
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from skgenomics.pretrained import PretrainedEmbedder
from skgenomics.pretrained._loading import (
    RemoteCode,
    load_checkpoint,
    rebuild_checkpoint,
)
from skgenomics.testing import make_checkpoint


def states(model, ids):
    """Hidden states of one row of tokens."""
    with torch.no_grad():
        return model(torch.tensor([ids]))[0][0].numpy()


@pytest.mark.parametrize("kind", ["bases", "bpe", "overlapping k-mers", "k-mers"])
def test_models_as_transformers_reads_them(checkpoints, kind):
    model, tokenizer, files, code, revision = load_checkpoint(checkpoints[kind])
    ids = [2, 7, 6, 8, 3]
    expected = states(AutoModel.from_pretrained(checkpoints[kind]).eval(), ids)
    assert_array_equal(states(model, ids), expected)
    assert tokenizer.get_vocab() == AutoTokenizer.from_pretrained(checkpoints[kind]).get_vocab()
    assert "config.json" in files
    assert code is None
    assert revision is None


@pytest.mark.parametrize("kind", ["bases", "bpe", "overlapping k-mers", "k-mers", "custom"])
def test_checkpoints_are_built_again_of_their_files(checkpoints, kind):
    trusted = kind == "custom"
    model, tokenizer, files, code, _ = load_checkpoint(checkpoints[kind], trust_remote_code=trusted)
    again, other = rebuild_checkpoint(files, code)
    assert type(again).__name__ == type(model).__name__
    again.load_state_dict(model.state_dict())
    ids = [2, 7, 6, 8, 3]
    assert_array_equal(states(again.eval(), ids), states(model, ids))
    text = "ACGTAC"
    assert other(text)["input_ids"] == tokenizer(text)["input_ids"]


def test_own_code_runs_only_where_it_is_trusted(checkpoints):
    with pytest.raises(ValueError, match=r"modeling_tiny\.TinyModel.* pass trust_remote_code=True"):
        load_checkpoint(checkpoints["custom"])
    model = load_checkpoint(checkpoints["custom"], trust_remote_code=True).model
    assert type(model).__name__ == "TinyModel"


def test_tokenizers_have_own_code_too(checkpoints, tmp_path):
    folder = shutil.copytree(checkpoints["bases"], tmp_path / "bases")
    path = folder / "tokenizer_config.json"
    own = {"auto_map": {"AutoTokenizer": ["tokens.Own", None]}}
    path.write_text(json.dumps(json.loads(path.read_text()) | own))
    with pytest.raises(ValueError, match=r"brings its own code \(tokens\.Own\)"):
        load_checkpoint(folder)


@pytest.mark.parametrize("code", [None, {"files": {}}, pytest.param("impostor", id="impostor")])
def test_saved_code_runs_only_as_remote_code(checkpoints, tmp_path, code):
    """A saved file may hold any class that skgenomics trusts; only RemoteCode lets code run."""
    _, _, files, own, _ = load_checkpoint(checkpoints["custom"], trust_remote_code=True)
    trap = tmp_path / "it_ran"
    evil = {name: f"open({str(trap)!r}, 'w')".encode() for name in own.files}
    if code == "impostor":
        code = PretrainedEmbedder("x")
        code.files = evil
    with pytest.raises(ValueError, match="holds no code that may run"):
        rebuild_checkpoint(files, code)
    assert not trap.exists()
    with pytest.raises(AttributeError):
        rebuild_checkpoint(files, RemoteCode(evil))
    assert trap.exists()


def test_language_models_without_a_bare_model(checkpoints, write_custom, tmp_path):
    """The Nucleotide Transformer v2 refers to its masked language model only."""
    folder = write_custom(tmp_path / "tiny", model="AutoModelForCausalLM")
    headed = load_checkpoint(folder, trust_remote_code=True).model
    bare = load_checkpoint(checkpoints["custom"], trust_remote_code=True).model
    assert type(headed).__name__ == "TinyModel"
    assert_array_equal(states(headed, [7, 8, 9]), states(bare, [7, 8, 9]))


def test_configuration_of_another_class(checkpoints, write_custom, tmp_path):
    """The model of DNABERT-2 wants transformers' own BertConfig, its auto_map gives another.

    It also gives its states as a tuple.
    """
    folder = write_custom(tmp_path / "tiny")
    path = folder / "modeling_tiny.py"
    text = path.read_text().replace(
        "from .configuration_tiny import TinyConfig", "from transformers import BertConfig"
    )
    text = text.replace("config_class = TinyConfig", "config_class = BertConfig")
    head, _, tail = text.partition("        return BaseModelOutput(")
    text = head + "        return hidden, None\n" + tail.partition("\n")[2]
    path.write_text(text)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "bert"}))
    settings = {"trust_remote_code": True}
    embedder = PretrainedEmbedder(folder, **settings).fit(["ACGT"])
    expected = PretrainedEmbedder(checkpoints["custom"], **settings).fit(["ACGT"])
    assert_array_equal(embedder.transform(["ACGTT"]), expected.transform(["ACGTT"]))
    with pytest.raises(ValueError, match="layer=0 needs the hidden states of all layers"):
        PretrainedEmbedder(folder, layer=0, **settings).fit(["ACGT"])


def test_code_that_needs_an_absent_package(write_custom, tmp_path):
    folder = write_custom(tmp_path / "tiny")
    path = folder / "modeling_tiny.py"
    path.write_text("import absent_package\n" + path.read_text())
    with pytest.raises(ImportError, match="absent_package"):
        load_checkpoint(folder, trust_remote_code=True)


def test_weights_of_another_architecture(checkpoints, tmp_path):
    folder = shutil.copytree(checkpoints["bases"], tmp_path / "copy")
    weights = load_file(folder / "model.safetensors")
    weights.pop("bert.encoder.layer.1.output.dense.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"lack 1 .*encoder\.layer\.1\.output\.dense\.weight"):
        load_checkpoint(folder)


def test_weights_of_another_size(checkpoints, tmp_path):
    folder = shutil.copytree(checkpoints["bases"], tmp_path / "copy")
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"intermediate_size": 20}))
    with pytest.raises(ValueError, match="its model cannot be read"):
        load_checkpoint(folder)


def test_no_tokenizer(checkpoints, tmp_path):
    for name in ("config.json", "model.safetensors"):
        shutil.copy(checkpoints["bases"] / name, tmp_path / name)
    with pytest.raises(ValueError, match=r"tokenizer|does not know the symbols"):
        PretrainedEmbedder(tmp_path).fit(["ACGT"])


def test_encoders_with_decoders(checkpoints, tmp_path):
    config = transformers.T5Config(
        vocab_size=10, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2
    )
    shutil.copytree(checkpoints["bases"], tmp_path / "t5")
    transformers.T5Model(config).save_pretrained(tmp_path / "t5")
    with pytest.raises(ValueError, match="has an encoder and a decoder"):
        load_checkpoint(tmp_path / "t5")


def test_half_precision_becomes_single(checkpoints, tmp_path, sequences):
    folder = shutil.copytree(checkpoints["bases"], tmp_path / "half")
    AutoModel.from_pretrained(folder).half().save_pretrained(folder)
    model = load_checkpoint(folder).model
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    half = PretrainedEmbedder(folder).fit_transform(sequences)
    single = PretrainedEmbedder(checkpoints["bases"]).fit_transform(sequences)
    assert_allclose(half, single, atol=0.02)
    assert not np.array_equal(half, single)


def test_nothing_global_changes(checkpoints, capfd):
    """Neither the random state nor what transformers reports; and nothing is printed."""
    logger = transformers.utils.logging
    logger.set_verbosity(logging.INFO)
    before = torch.get_rng_state()
    try:
        load_checkpoint(checkpoints["bases"])
        assert logger.get_verbosity() == logging.INFO
        assert logger.is_progress_bar_enabled()
    finally:
        logger.set_verbosity_warning()
    assert torch.equal(torch.get_rng_state(), before)
    assert capfd.readouterr() == ("", "")


def test_missing_transformers(checkpoints, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r'pip install "skgenomics\[lm\]"'):
        load_checkpoint(checkpoints["bases"])


def test_random_checkpoints_depend_on_their_seed(tmp_path, checkpoints):
    make_checkpoint(tmp_path / "same", hidden_size=8)
    make_checkpoint(tmp_path / "other", hidden_size=8, random_state=1)
    weights = {
        name: load_file(folder / "model.safetensors")["bert.embeddings.word_embeddings.weight"]
        for name, folder in (
            ("first", checkpoints["bases"]),
            ("same", tmp_path / "same"),
            ("other", tmp_path / "other"),
        )
    }
    assert torch.equal(weights["first"], weights["same"])
    assert not torch.equal(weights["first"], weights["other"])


@pytest.mark.parametrize("setting", [{"tokens": "words"}, {"k": 0}, {"hidden_size": 1}])
def test_random_checkpoints_check_their_settings(tmp_path, setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        make_checkpoint(tmp_path, **setting)
