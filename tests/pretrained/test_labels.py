"""Labels and profiles of positions from the network of a checkpoint as their trunk."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skgenomics import ProfileRegressor, SequenceLabeler, export, load, save
from skgenomics.inspection import attribute, mutagenesis
from skgenomics.pretrained import PretrainedLanguageModel
from skgenomics.testing import make_text

FIRST, *REST = make_text(6, 14)
X = [FIRST, *(text[: 9 + i] for i, text in enumerate(REST))]
Y = ["".join("NG"[base == "G"] for base in text) for text in X]
QUICK = {"max_iter": 1, "random_state": 0, "device": "cpu"}
KINDS = ("bases", "bpe", "overlapping k-mers", "k-mers", "custom")


@pytest.fixture(scope="module", params=KINDS)
def source(request, checkpoints):
    trusts = {"trust_remote_code": True} if request.param == "custom" else {}
    return PretrainedLanguageModel(
        checkpoints[request.param], pooling="none", device="cpu", **trusts
    )


@pytest.fixture
def fitted(source, write_custom, tmp_path):
    if source.trust_remote_code:
        folder = write_custom(tmp_path / "custom", model="AutoModelForCausalLM")
        source.set_params(name_or_path=folder)
    return source.fit(X)


def test_scores_are_those_of_hidden_states(fitted):
    labeler = SequenceLabeler(pretrained=fitted, freeze="trunk", **QUICK).fit(X, Y)
    output = labeler.network_.output
    states = fitted.transform(X)
    weight = output.weight.detach().numpy()[..., 0]
    expected = states @ weight.T + output.bias.detach().numpy()
    for scores, by_hand, text in zip(labeler.decision_function(X), expected, X, strict=True):
        assert_allclose(scores[: len(text)], by_hand[: len(text)], atol=1e-5)
    # Alone, and in codes, a sequence has the same scores.
    assert_allclose(labeler.decision_function(X[1:2])[0, :9], expected[1, :9], atol=1e-5)


def test_strands_are_averaged(checkpoints):
    model = PretrainedLanguageModel(checkpoints["bases"], device="cpu").fit(X)
    settings = QUICK | {"reverse_complement": "average"}
    labeler = SequenceLabeler(pretrained=model, **settings).fit(X, Y)
    turned = [text[::-1].translate(str.maketrans("ACGT", "TGCA")) for text in X]
    found, others = labeler.decision_function(X), labeler.decision_function(turned)
    for scores, other, text in zip(found, others, X, strict=True):
        assert_allclose(scores[: len(text)], other[: len(text)][::-1], atol=1e-5)


def test_trunk_is_trained_unless_it_is_frozen(checkpoints, tmp_path):
    model = PretrainedLanguageModel(checkpoints["k-mers"], device="cpu").fit(X)
    before = model.network_.state_dict()
    for freeze, same in (("trunk", True), (None, False)):
        labeler = SequenceLabeler(pretrained=model, freeze=freeze, **QUICK).fit(X, Y)
        trunk = labeler.network_.trunk.model._trunk().state_dict()
        theirs = model.network_.model.base_model.state_dict()
        assert all((trunk[name] == theirs[name]).all() for name in theirs) is same
        assert len(labeler.transferred_) == len(trunk)
    assert all((model.network_.state_dict()[name] == w).all() for name, w in before.items())
    save(labeler, tmp_path / "labeler.skops")
    assert_array_equal(load(tmp_path / "labeler.skops").predict(X), labeler.predict(X))
    # A file as the source, which the saved labeler does not need.
    save(model, tmp_path / "model.skops")
    labeler.set_params(pretrained=tmp_path / "model.skops").fit(X, Y)
    save(labeler, tmp_path / "labeler.skops")
    (tmp_path / "model.skops").unlink()
    assert_array_equal(load(tmp_path / "labeler.skops").predict(X), labeler.predict(X))


@pytest.mark.parametrize("kind", ["bases", "k-mers"])
def test_attributions_and_effects(checkpoints, tmp_path, kind):
    model = PretrainedLanguageModel(checkpoints[kind], device="cpu").fit(X)
    labeler = SequenceLabeler(pretrained=model, **QUICK).fit(X, Y)
    found = attribute(labeler, X[:2], target=("G", 3))
    assert_allclose(found.relative_gap, 0, atol=0.01)
    with pytest.raises(ValueError, match=r"outside of tensors.*method='integrated_gradients'"):
        attribute(labeler, X[:2], target=("G", 3), method="deeplift")
    with pytest.raises(ValueError, match=r"not one graph .* outside of tensors"):
        export(labeler, tmp_path / "labeler.pt2")
    # Substitutions are those of the scores.
    found = mutagenesis(labeler, X[:1], target=("G", 3))
    edited = [X[0][:5] + base + X[0][6:] for base in "ACGT"]
    scores = labeler.decision_function([X[0], *edited])[:, 3] @ [1, -1]
    assert_allclose(found[0, 5], scores[1:] - scores[0], atol=1e-5)


def test_profiles(checkpoints):
    texts = make_text(6, 14)
    model = PretrainedLanguageModel(checkpoints["overlapping k-mers"], device="cpu").fit(texts)
    y = np.random.default_rng(0).poisson(2, (6, 10))
    regressor = ProfileRegressor(
        pretrained=model, crop=2, network_params={"hidden_filters": 4}, **QUICK
    )
    assert regressor.fit(texts, y).predict(texts).shape == (6, 10)


def test_bad_input(checkpoints):
    model = PretrainedLanguageModel(checkpoints["bpe"], device="cpu")
    labeler = SequenceLabeler(pretrained=model, **QUICK)
    with pytest.raises(ValueError, match="is not fitted; fit it first"):
        labeler.fit(X, Y)
    model.fit(X)
    with pytest.raises(ValueError, match=r"depend on the symbols.*use `mutagenesis`"):
        attribute(labeler.fit(X, Y), X[:1], target=("G", 3))
    with pytest.raises(ValueError, match="'n_filters', but the trunk is that of `pretrained`"):
        labeler.set_params(network_params={"n_filters": 8}).fit(X, Y)
    labeler.set_params(network_params=None)
    with pytest.raises(ValueError, match="reads sequences, but X holds other channels"):
        labeler.set_params(n_channels=2).fit(np.ones((6, 28)), np.tile([0, 1], (6, 7)))
    with pytest.raises(ValueError, match="both need the same symbols"):
        labeler.set_params(n_channels=None, alphabet="TGCA").fit(X, Y)
    with pytest.raises(ValueError, match=r"freeze=.*would keep output.* random"):
        labeler.set_params(alphabet="dna", freeze=["output.*"]).fit(X, Y)
    limited = PretrainedLanguageModel(checkpoints["bases"], max_tokens=12, device="cpu").fit(X[1:2])
    with pytest.raises(ValueError, match=r"gives 13 tokens, .* but .* reads 12"):
        SequenceLabeler(pretrained=limited, **QUICK).fit(X, Y)
