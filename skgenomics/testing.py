"""Helpers for tests: checks of estimators on sequences, random sequences and checkpoints.

The checks complement those of scikit-learn, which pass numeric matrices only. Neither pytest nor
transformers is needed to import this module.
"""

from __future__ import annotations

import json
import pickle
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.encoding import OneHotEncoder, OrdinalEncoder

_LENGTH = 12
_TOKENS = ("bases", "bpe", "overlapping k-mers", "k-mers")
_BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_ESM_SPECIAL = ["<unk>", "<pad>", "<mask>", "<cls>", "<eos>", "<bos>"]


def sequence_estimator_checks(estimator: Any) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Yield the checks that an estimator of sequences must pass.

    The counterpart of :func:`sklearn.utils.estimator_checks.estimator_checks_generator` for
    estimators that read nucleic acids as text, codes and channels.

    Parameters
    ----------
    estimator : estimator
        Unfitted classifier, regressor or transformer that trains a network. It needs the
        parameter `random_state` and should be cheap to fit.

    Yields
    ------
    estimator : estimator
        Clone of the estimator.
    check : callable
        Function of the clone that raises an error if the check fails.

    See Also
    --------
    sklearn.utils.estimator_checks.estimator_checks_generator : Checks on numeric input.

    Examples
    --------
    >>> from skgenomics import CNNRegressor
    >>> from skgenomics.testing import sequence_estimator_checks
    >>> for estimator, check in sequence_estimator_checks(CNNRegressor(max_iter=1)):
    ...     check(estimator)
    """
    for check in _CHECKS:
        yield clone(estimator), check


def make_text(n: int = 40, length: int = _LENGTH) -> list[str]:
    """Generate random DNA sequences of one length, the same in each call.

    Parameters
    ----------
    n : int, default=40
        Number of sequences.
    length : int, default=12
        Length of each sequence.

    Returns
    -------
    list of str
        The sequences.

    Examples
    --------
    >>> from skgenomics.testing import make_text
    >>> len(make_text(3, 8)[0])
    8
    """
    bases = np.random.default_rng(0).choice(list("ACGT"), (n, length))
    return ["".join(row) for row in bases]


def _data(estimator) -> tuple[list[str], np.ndarray]:
    X = make_text()
    fraction = np.array([x.count("A") + x.count("C") for x in X]) / _LENGTH
    return X, np.where(fraction > 0.5, "rich", "poor") if is_classifier(estimator) else fraction


def _fit(estimator):
    X, y = _data(estimator)
    return clone(estimator).set_params(random_state=0).fit(X, y), X, y


def _outputs(estimator, X) -> np.ndarray:
    if is_classifier(estimator):
        return estimator.predict_proba(X)
    return estimator.predict(X) if hasattr(estimator, "predict") else estimator.transform(X)


def check_containers_agree(estimator) -> None:
    """Check that all containers of the same text give the same predictions."""
    fitted, X, _ = _fit(estimator)
    expected = _outputs(fitted, X)
    for container in (
        tuple,
        np.array,
        partial(np.array, dtype="S"),
        partial(np.array, dtype=object),
        lambda x: np.array(x)[:, np.newaxis],
        pd.Series,
        partial(pd.Series, dtype=object),
        partial(pd.Series, dtype="category"),
        lambda x: pd.DataFrame({"sequence": x}),
    ):
        with warnings.catch_warnings():
            # A frame has a name that the list of fit had not.
            warnings.simplefilter("ignore", UserWarning)
            assert_array_equal(_outputs(fitted, container(X)), expected)


def check_case_and_rna_agree(estimator) -> None:
    """Check that lower case and RNA are read like upper-case DNA, in fit and in predict."""
    fitted, X, y = _fit(estimator)
    expected = _outputs(fitted, X)
    lower = [x.lower() for x in X]
    rna = [x.replace("T", "U") for x in X]
    for spelling in (lower, rna):
        assert_array_equal(_outputs(fitted, spelling), expected)
        refitted = clone(estimator).set_params(random_state=0).fit(spelling, y)
        assert_array_equal(_outputs(refitted, spelling), expected)


def check_input_forms_agree(estimator) -> None:
    """Check that text, codes and one-hot channels, flat or 3-D, train the same model."""
    fitted, X, y = _fit(estimator)
    expected = _outputs(fitted, X)
    codes = OrdinalEncoder().fit_transform(X)
    flat = OneHotEncoder().fit_transform(X)
    last = flat.reshape(len(X), _LENGTH, 4)
    for form in (codes, flat, last, last.transpose(0, 2, 1), pd.DataFrame(flat)):
        assert_allclose(_outputs(fitted, form), expected, atol=1e-6)
        refitted = clone(estimator).set_params(random_state=0).fit(form, y)
        assert_allclose(_outputs(refitted, form), expected, atol=1e-5)


def check_unknown_symbols_are_zeros(estimator) -> None:
    """Check that ambiguity codes and padding are both read as unknown positions."""
    fitted, X, _ = _fit(estimator)
    short = [x[:-2] for x in X]
    assert_array_equal(_outputs(fitted, short), _outputs(fitted, [x + "NR" for x in short]))


def _numpy_state() -> np.ndarray:
    """Give the state of numpy's global random number generator."""
    return np.random.get_state(legacy=False)["state"]["key"]  # noqa: NPY002


def check_fit_is_reproducible(estimator) -> None:
    """Check that fit depends on its seed only and changes neither its input nor global state."""
    _, X, y = _fit(estimator)
    X, y = np.array(X), np.asarray(y)
    copies = X.copy(), y.copy()
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    states = _numpy_state().copy(), torch.get_rng_state().clone()
    first, second = (clone(estimator).set_params(random_state=0).fit(X, y) for _ in range(2))
    assert_array_equal(_outputs(first, X), _outputs(second, X))
    assert_array_equal(_numpy_state(), states[0])
    assert torch.equal(torch.get_rng_state(), states[1])
    assert_array_equal(X, copies[0])
    assert_array_equal(y, copies[1])


def check_pickle_is_small(estimator) -> None:
    """Check that a pickle predicts the same and holds parameters but no training data."""
    fitted, X, _ = _fit(estimator)
    pickled = pickle.dumps(fitted)
    assert_array_equal(_outputs(pickle.loads(pickled), X), _outputs(fitted, X))
    assert X[0].encode() not in pickled
    assert OrdinalEncoder().fit_transform(X)[:2].tobytes() not in pickled
    n_parameters = sum(a.numel() for a in fitted.network_.state_dict().values())
    assert len(pickled) < 8 * n_parameters + 20_000


def check_samples_are_independent(estimator) -> None:
    """Check that the prediction of a sequence does not depend on the rest of the batch."""
    fitted, X, _ = _fit(estimator)
    one_by_one = np.concatenate([_outputs(fitted, [x]) for x in X])
    assert_allclose(one_by_one, _outputs(fitted, X), atol=1e-5)


@contextmanager
def _raises(error: type[Exception], pattern: str) -> Iterator[None]:
    """Raise an AssertionError unless the block raises an error whose message matches."""
    try:
        yield
    except error as raised:
        if re.search(pattern, str(raised)) is None:
            raise AssertionError(f"message {str(raised)!r} does not match {pattern!r}") from raised
    else:
        raise AssertionError(f"{error.__name__} was not raised")


def check_invalid_text_is_named(estimator) -> None:
    """Check that errors name the sequence, the position and the invalid character."""
    fitted, X, y = _fit(estimator)
    for bad, error, message in (
        ([*X[:-1], "ACGTZ"], ValueError, "sequence 39 has 'Z' at position 4"),
        ([*X[:-1], None], TypeError, "sequence 39 is None"),
        ([*X[:-1], 3.0], TypeError, "sequence 39 is 3.0"),
        ([*X[:-1], "ACGU"], ValueError, "mixes RNA and DNA"),
        ([], ValueError, r"0 sample\(s\)"),
    ):
        with _raises(error, message):
            clone(estimator).fit(bad, y[: len(bad)])
        with _raises(error, message):
            _outputs(fitted, bad)
    with _raises(ValueError, "every sequence is empty"):
        clone(estimator).fit(["", ""], y[:2])
    with _raises(ValueError, "sequence 1 has length 13"):
        _outputs(fitted, [X[0], X[1] + "A"])


def check_empty_sequence_is_padding(estimator) -> None:
    """Check that an empty sequence gives the same prediction alone and in a batch."""
    fitted, X, _ = _fit(estimator)
    alone, in_batch = _outputs(fitted, [""]), _outputs(fitted, [X[0], ""])
    assert np.isfinite(alone).all()
    assert_allclose(alone, in_batch[1:], atol=1e-5)
    assert_allclose(alone, _outputs(fitted, ["NN"]), atol=1e-5)


_CHECKS = (
    check_containers_agree,
    check_case_and_rna_agree,
    check_input_forms_agree,
    check_unknown_symbols_are_zeros,
    check_fit_is_reproducible,
    check_pickle_is_small,
    check_samples_are_independent,
    check_invalid_text_is_named,
    check_empty_sequence_is_padding,
)


def make_checkpoint(
    folder: str | PathLike,
    *,
    tokens: str = "bases",
    k: int = 3,
    hidden_size: int = 16,
    n_layers: int = 2,
    max_tokens: int = 64,
    random_state: int = 0,
) -> None:
    """Write a tiny checkpoint of a DNA language model with random parameters.

    It has the files and layout of published checkpoints, and serves to test code that uses them.
    Needs transformers: ``pip install "skgenomics[lm]"``.

    Parameters
    ----------
    folder : str or Path
        Folder to write to, which is created if it does not exist.
    tokens : {"bases", "bpe", "overlapping k-mers", "k-mers"}, default="bases"
        Kind of tokens: single bases; byte pairs, as in DNABERT-2; k-mers at each position, as in
        DNABERT; or adjacent k-mers, as in the Nucleotide Transformer. The model is an ESM for
        "k-mers", else a BERT.
    k : int, default=3
        Length of k-mers.
    hidden_size : int, default=16
        Size of the hidden states, an even number.
    n_layers : int, default=2
        Number of layers.
    max_tokens : int, default=64
        Maximum number of tokens that the model reads.
    random_state : int, default=0
        Seed of the parameters.

    Raises
    ------
    ImportError
        If transformers is not installed.
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.testing import make_checkpoint
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     make_checkpoint(folder)
    ...     (pathlib.Path(folder) / "config.json").exists()
    True
    """
    from skgenomics.pretrained._loading import quiet
    from skgenomics.training import isolated_rng

    check_choice("tokens", tokens, _TOKENS)
    for name, value in (("k", k), ("n_layers", n_layers), ("max_tokens", max_tokens)):
        check_integer(name, value, 1)
    check_integer("hidden_size", hidden_size, 2)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    is_esm = tokens == "k-mers"
    if tokens in ("bases", "bpe"):
        vocabulary_size = _write_fast_tokenizer(folder, tokens, max_tokens)
    elif is_esm:
        words = [*_ESM_SPECIAL, *_kmers(k), *"ATCGN"]
        vocabulary_size = _write_vocabulary(folder, words, "EsmTokenizer", max_tokens)
    else:
        words = _BERT_SPECIAL + _kmers(k)
        vocabulary_size = _write_vocabulary(folder, words, "BertTokenizer", max_tokens)
    with isolated_rng(random_state, "cpu"), quiet():
        model = _make_model(
            is_esm=is_esm,
            vocab_size=vocabulary_size,
            hidden_size=hidden_size,
            num_hidden_layers=n_layers,
            # ESM counts positions from behind the padding index.
            max_position_embeddings=max_tokens + 2 * is_esm,
        )
        model.save_pretrained(folder)


def _kmers(k: int) -> list[str]:
    return ["".join(bases) for bases in product("ATCG", repeat=k)]


def _make_model(is_esm: bool, **settings: Any) -> Any:
    import transformers

    settings |= {"num_attention_heads": 2, "intermediate_size": 2 * settings["hidden_size"]}
    # Larger than usual, so that layers and tokens differ measurably.
    settings["initializer_range"] = 0.3
    if is_esm:
        config = transformers.EsmConfig(
            pad_token_id=1, mask_token_id=2, position_embedding_type="absolute", **settings
        )
        return transformers.EsmForMaskedLM(config)
    return transformers.BertForMaskedLM(transformers.BertConfig(**settings))


def _write_vocabulary(folder: Path, words: list[str], name: str, max_tokens: int) -> int:
    (folder / "vocab.txt").write_text("\n".join(words))
    settings: dict[str, Any] = {
        "tokenizer_class": name,
        "model_max_length": max_tokens,
        "do_lower_case": False,
    }
    if name == "EsmTokenizer":
        # Like the Nucleotide Transformer, which has no token at the end of a sequence.
        settings["eos_token"] = None
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return len(words)


def _write_fast_tokenizer(folder: Path, tokens: str, max_tokens: int) -> int:
    import tokenizers
    import transformers
    from tokenizers import Regex, models, pre_tokenizers, processors, trainers

    if tokens == "bases":
        words = {word: i for i, word in enumerate([*_BERT_SPECIAL, *"ACGTN"])}
        tokenizer = tokenizers.Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    else:
        tokenizer = tokenizers.Tokenizer(models.BPE(unk_token="[UNK]"))
        bases = np.random.default_rng(0).choice(list("ACGT"), (50, 60))
        trainer = trainers.BpeTrainer(
            vocab_size=64, special_tokens=_BERT_SPECIAL, show_progress=False
        )
        tokenizer.train_from_iterator(["".join(row) for row in bases], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_tokens,
        **{f"{name.strip('[]').lower()}_token": name for name in _BERT_SPECIAL},
    ).save_pretrained(folder)
    return tokenizer.get_vocab_size()
