"""Pooled hidden states, against loops over the models of transformers."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn
from transformers import AutoModel, AutoTokenizer

from skgenomics.pretrained import PretrainedEmbedder
from skgenomics.pretrained._pooled_model import find_limit
from skgenomics.testing import make_checkpoint

KINDS = ("bases", "bpe", "overlapping k-mers", "k-mers")


def write(kind, text):
    """Convert a sequence to the text format of a tokenizer by hand."""
    if kind != "overlapping k-mers":
        return text
    return " ".join(text[i : i + 3] for i in range(len(text) - 2))


def pool_by_hand(folder, kind, texts, *, layer=-1, trusted=False):
    """Embed sequences one by one, without padding, with each kind of pooling."""
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=trusted)
    model = AutoModel.from_pretrained(folder, trust_remote_code=trusted).eval()
    n_front, n_behind = {"k-mers": (1, 0), "custom": (0, 1)}.get(kind, (1, 1))
    vectors = []
    for text in texts:
        ids = torch.tensor([tokenizer(write(kind, text))["input_ids"]])
        with torch.no_grad():
            states = model(ids, output_hidden_states=True).hidden_states[layer][0].numpy()
        symbols = states[n_front : len(states) - n_behind]
        vectors.append([symbols.mean(axis=0), symbols.max(axis=0), states[0], states[-1]])
    return dict(zip(("mean", "max", "cls", "last"), np.stack(vectors, axis=1), strict=True))


@pytest.mark.parametrize("layer", [-1, 0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_states_are_pooled_as_by_hand(checkpoints, sequences, kind, layer):
    expected = pool_by_hand(checkpoints[kind], kind, sequences, layer=layer)
    for pooling, vectors in expected.items():
        embedder = PretrainedEmbedder(
            checkpoints[kind], pooling=pooling, layer=layer, batch_size=5, device="cpu"
        ).fit(sequences)
        assert embedder.transform(sequences).dtype == np.float32
        assert_allclose(embedder.transform(sequences), vectors, atol=1e-5)


@pytest.mark.parametrize("causal", [True, False])
def test_models_without_mask_see_no_padding(write_custom, tmp_path, sequences, causal):
    # Transformers takes models with one configuration and one name of their folder for the same.
    folder = write_custom(tmp_path / f"causal_{causal}", causal=causal)
    expected = pool_by_hand(folder, "custom", sequences, trusted=True)
    for pooling in ("mean", "max", "last"):
        embedder = PretrainedEmbedder(folder, pooling=pooling, trust_remote_code=True, batch_size=7)
        assert_allclose(embedder.fit_transform(sequences), expected[pooling], atol=1e-5)


def test_layers_differ(checkpoints, sequences):
    folder = checkpoints["bases"]
    layers = [PretrainedEmbedder(folder, layer=i).fit_transform(sequences) for i in range(3)]
    last, first = (PretrainedEmbedder(folder, layer=i).fit_transform(sequences) for i in (-1, -3))
    assert_array_equal(layers[2], last)
    assert_array_equal(layers[0], first)
    assert not np.allclose(layers[0], layers[1], atol=0.01)
    assert not np.allclose(layers[1], layers[2], atol=0.01)


@pytest.mark.parametrize("layer", [3, -4])
def test_layers_that_are_not_there(checkpoints, layer):
    with pytest.raises(ValueError, match=f"layer={layer}, but the checkpoint has 3 hidden states"):
        PretrainedEmbedder(checkpoints["bases"], layer=layer).fit(["ACGT"])


def test_no_token_in_front(checkpoints):
    embedder = PretrainedEmbedder(checkpoints["custom"], pooling="cls", trust_remote_code=True)
    with pytest.raises(ValueError, match="puts none there; use pooling='mean' or 'last'"):
        embedder.fit(["ACGT"])


@pytest.mark.parametrize("kind", KINDS)
def test_longest_sequences_can_be_read(checkpoints, kind):
    """Sequences may have as many tokens as the model has position embeddings."""
    embedder = PretrainedEmbedder(checkpoints[kind]).fit(["ACGT"])
    assert embedder.max_tokens_ == 64
    text = "ACG" * 70
    n = next(
        n
        for n in range(len(text), 0, -1)
        if len(embedder.tokenizer_(write(kind, text[:n]))["input_ids"]) == 64
    )
    assert np.isfinite(embedder.transform([text[:n]])).all()
    with pytest.raises(ValueError, match=r"sequence 0 gives 6[5-9] tokens"):
        embedder.transform([text[: n + 5]])


@pytest.mark.parametrize("kind", ["bases", "k-mers"])
def test_no_more_tokens_than_positions(checkpoints, kind):
    with pytest.raises(ValueError, match="max_tokens=65, but the checkpoint has embeddings of 64"):
        PretrainedEmbedder(checkpoints[kind], max_tokens=65).fit(["ACGT"])


def test_limits_of_models_without_positions(checkpoints):
    """The maximum length in the configuration is a default that the user may change."""
    settings = {"trust_remote_code": True}
    embedder = PretrainedEmbedder(checkpoints["custom"], **settings).fit(["ACGT"])
    assert embedder.max_tokens_ == 64
    embedder = PretrainedEmbedder(checkpoints["custom"], max_tokens=200, **settings)
    assert embedder.fit_transform(["A" * 150]).shape == (1, 8)


def test_no_limit_at_all():
    class Model(nn.Module):
        config = None

    class Tokenizer:
        model_max_length = int(1e30)

    assert find_limit(Model(), Tokenizer(), None) is None


def test_no_room_for_symbols(checkpoints):
    with pytest.raises(
        ValueError, match="max_tokens=2 leaves no room for a sequence next to 2 special"
    ):
        PretrainedEmbedder(checkpoints["bases"], max_tokens=2).fit(["ACGT"])


def test_windows_are_averaged(checkpoints, tmp_path):
    """Sequences of several windows share a batch with those of one."""
    make_checkpoint(tmp_path, max_tokens=12, hidden_size=8)
    text = "ACGTTGCAAGTCCGATTACAGGATC"
    embedder = PretrainedEmbedder(tmp_path, overflow="windows", batch_size=2).fit(["ACGT"])
    vectors = embedder.transform(["ACGT", text, "GG"])
    # 25 bases, of which 10 fit next to two special tokens.
    parts = [text[:9], text[9:17], text[17:]]
    assert_allclose(vectors[1], embedder.transform(parts).mean(axis=0), atol=1e-6)
    assert_allclose(vectors[::2], embedder.transform(["ACGT", "GG"]), atol=1e-6)
    with pytest.raises(ValueError, match=r"sequence 1 gives 27 tokens.*set overflow='windows'"):
        PretrainedEmbedder(tmp_path).fit_transform(["ACGT", text])
