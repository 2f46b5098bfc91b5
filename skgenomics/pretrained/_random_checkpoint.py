"""Tiny checkpoints with random weights, to try things with."""

from __future__ import annotations

import json
from itertools import product
from os import PathLike
from pathlib import Path

import numpy as np

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.pretrained._loading import import_transformers, quiet
from skgenomics.training import isolated_rng

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_ESM_SPECIAL = ["<unk>", "<pad>", "<mask>", "<cls>", "<eos>", "<bos>"]
TOKENS = ("letters", "bpe", "overlapping k-mers", "k-mers")


def make_checkpoint(
    folder: str | PathLike,
    *,
    tokens: str = "letters",
    k: int = 3,
    hidden_size: int = 16,
    n_layers: int = 2,
    max_tokens: int = 64,
    random_state: int = 0,
) -> None:
    """Write a checkpoint as published models have it, but tiny and with random weights.

    Parameters
    ----------
    folder : str or path
        Where to write it; made if it is not there.
    tokens : {"letters", "bpe", "overlapping k-mers", "k-mers"}, default="letters"
        Kind of tokens: single letters; byte pairs, as of DNABERT-2; k-mers at each position, as of
        DNABERT; or k-mers side by side, as of the Nucleotide Transformer. The model is an ESM for
        the last, else a BERT.
    k : int, default=3
        Length of k-mers.
    hidden_size : int, default=16
        Size of the hidden states, an even number.
    n_layers : int, default=2
        Number of layers.
    max_tokens : int, default=64
        Most tokens that the model reads.
    random_state : int, default=0
        Seed of the weights.

    Raises
    ------
    ValueError
        If `tokens` is of another kind, or a number is out of range.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.pretrained import make_checkpoint
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     make_checkpoint(folder)
    ...     (pathlib.Path(folder) / "config.json").exists()
    True
    """
    check_choice("tokens", tokens, TOKENS)
    for name, value in (("k", k), ("n_layers", n_layers), ("max_tokens", max_tokens)):
        check_integer(name, value, 1)
    check_integer("hidden_size", hidden_size, 2)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if tokens in ("letters", "bpe"):
        n_tokens = _write_fast_tokenizer(folder, tokens, max_tokens)
    elif tokens == "k-mers":
        n_tokens = _write_vocabulary(
            folder, [*_ESM_SPECIAL, *_kmers(k), *"ATCGN"], "EsmTokenizer", max_tokens
        )
    else:
        n_tokens = _write_vocabulary(folder, _SPECIAL + _kmers(k), "BertTokenizer", max_tokens)
    with isolated_rng(random_state, "cpu"), quiet():
        model = _make_model(
            is_esm=tokens == "k-mers",
            vocab_size=n_tokens,
            hidden_size=hidden_size,
            num_hidden_layers=n_layers,
            max_position_embeddings=max_tokens + 2 * (tokens == "k-mers"),
        )
        model.save_pretrained(folder)


def _kmers(k: int) -> list[str]:
    return ["".join(symbols) for symbols in product("ATCG", repeat=k)]


def _make_model(is_esm: bool, **settings):
    transformers = import_transformers()
    settings |= {"num_attention_heads": 2, "intermediate_size": 2 * settings["hidden_size"]}
    # Larger than usual, so that layers and tokens make a difference.
    settings["initializer_range"] = 0.3
    if is_esm:
        config = transformers.EsmConfig(
            pad_token_id=1, mask_token_id=2, position_embedding_type="absolute", **settings
        )
        return transformers.EsmForMaskedLM(config)
    return transformers.BertForMaskedLM(transformers.BertConfig(**settings))


def _write_vocabulary(folder: Path, words: list[str], name: str, max_tokens: int) -> int:
    (folder / "vocab.txt").write_text("\n".join(words))
    settings = {"tokenizer_class": name, "model_max_length": max_tokens, "do_lower_case": False}
    if name == "EsmTokenizer":
        # As the Nucleotide Transformer has it: nothing behind a sequence.
        settings |= {"eos_token": None}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return len(words)


def _write_fast_tokenizer(folder: Path, tokens: str, max_tokens: int) -> int:
    import tokenizers
    from tokenizers import Regex, models, pre_tokenizers, processors, trainers

    if tokens == "letters":
        words = {word: i for i, word in enumerate([*_SPECIAL, *"ACGTN"])}
        tokenizer = tokenizers.Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    else:
        tokenizer = tokenizers.Tokenizer(models.BPE(unk_token="[UNK]"))
        symbols = np.random.default_rng(0).choice(list("ACGT"), (50, 60))
        trainer = trainers.BpeTrainer(vocab_size=64, special_tokens=_SPECIAL, show_progress=False)
        tokenizer.train_from_iterator(["".join(row) for row in symbols], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    import_transformers().PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_tokens,
        **{f"{name.strip('[]').lower()}_token": name for name in _SPECIAL},
    ).save_pretrained(folder)
    return tokenizer.get_vocab_size()
