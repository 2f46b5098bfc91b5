"""Language models of DNA, trained from new weights: tokenizers with a network behind."""

from __future__ import annotations

from skgenomics.estimators import LongConvClassifier, SequenceClassifier, TransformerClassifier
from skgenomics.networks import StateSpace
from skgenomics.zoo._entry import HEAD, TRAINING, Entry, dense

# A tenth of the steps is a warm-up in the schedule of one cycle.
_BERT = HEAD | {
    "stem_filters": (),
    "d_model": 768,
    "n_layers": 12,
    "n_heads": 12,
    "d_feedforward": 3072,
    "positions": "learned",
    "max_positions": 512,
    "n_segments": 2,
    "embedding_norm": True,
    "norm_first": False,
    "final_norm": False,
    "dropout": 0.1,
    "attention_dropout": 0.1,
    "head_pool": "first",
    "hidden_units": 768,
    "hidden_activation": "tanh",
    "hidden_dropout": (0.0, 0.1),
    "two_scores": True,
    "optimizer": "adamw",
    "optimizer_params": {"eps": 1e-6, "betas": (0.9, 0.98)},
    "learning_rate": 2e-4,
    "weight_decay": 0.01,
    "schedule": "onecycle",
    "max_grad_norm": 1.0,
}
_HYENA = HEAD | {
    "vocabulary_size": 16,
    "stem_filters": (),
    "bidirectional": False,
    "activation": "gelu_tanh",
    "head_pool": "mean",
    "dropout": 0.1,
    "optimizer": "adamw",
    "learning_rate": 6e-4,
    "weight_decay": 0.1,
}
# Special tokens such as [CLS], 6-mers, and single nucleotides.
_NT_VOCABULARY = 5 + 4**6 + 5
_NT = HEAD | {
    "vocabulary_size": _NT_VOCABULARY,
    "stem_filters": (),
    "d_model": 512,
    "n_layers": 12,
    "n_heads": 16,
    "d_feedforward": 2048,
    "positions": "rotary",
    "activation": "swiglu",
    "bias": False,
    "dropout": 0.0,
    "head_pool": "mean",
    "optimizer": "adamw",
    "learning_rate": 1e-4,
    "weight_decay": 0.01,
    "max_grad_norm": 1.0,
}


def _dnabert(k: int, n_parameters: int) -> Entry:
    return Entry(
        name=f"DNABERT-{k}",
        year=2021,
        paper="Ji et al., Bioinformatics 37",
        task="two kinds of sequences",
        input=f"DNA, 512 tokens of {k} bases",
        estimator=TransformerClassifier,
        settings=_BERT | {"vocabulary_size": 4**k + 5},
        tokenizer={"k": k},
        n_channels=1,
        length=512,
        n_outputs=2,
        n_parameters=n_parameters,
        differences={"output layer": dense(768, 2)},
    )


def _hyena(size: str, length: int, d_model: int, n_layers: int, n_parameters: int) -> Entry:
    return Entry(
        name=f"HyenaDNA-{size}",
        year=2023,
        paper="Nguyen et al., NeurIPS 36",
        task="two kinds of sequences",
        input=f"DNA, {length:,} positions",
        estimator=LongConvClassifier,
        settings=_HYENA | {"d_model": d_model, "n_layers": n_layers},
        tokenizer={"k": 1, "special_tokens": False},
        n_channels=1,
        length=length,
        n_outputs=1,
        n_parameters=n_parameters,
        differences={"output layer": dense(d_model, 1)},
    )


def _caduceus(name: str, d_model: int, n_layers: int, length: int, n_parameters: int) -> Entry:
    # One-hot bases are embedded here; the authors have 16 tokens, of which special ones and N have
    # no weights here.
    is_equivariant = "-PS" in name
    return Entry(
        name=name,
        year=2024,
        paper="Schiff et al., ICML",
        task="two kinds of sequences",
        input=f"DNA, {length:,} positions",
        estimator=SequenceClassifier,
        settings=TRAINING
        | {"network": StateSpace, "two_scores": True}
        | {"reverse_complement": "tied" if is_equivariant else "average"}
        | {"network_params": {"d_model": d_model, "n_layers": n_layers, "head_pool": "mean"}}
        | {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 0.1, "batch_size": 128}
        | {"optimizer_params": {"betas": (0.95, 0.9)}, "max_iter": 10, "max_grad_norm": 1.0},
        n_channels=4,
        length=length,
        n_outputs=2,
        n_parameters=n_parameters,
        differences={
            "embeddings of other tokens than bases": -12 * d_model,
            "output layer": dense(d_model, 2),
        },
    )


ENTRIES = [
    _caduceus("Caduceus-PH-1k-d118", 118, 4, 1024, 470_702),
    _caduceus("Caduceus-PS-1k-d118", 118, 4, 1024, 470_702),
    _caduceus("Caduceus-PH-1k-d256", 256, 4, 1024, 1_934_592),
    _caduceus("Caduceus-PS-1k-d256", 256, 4, 1024, 1_934_592),
    _caduceus("Caduceus-PH-131k", 256, 16, 131_072, 7_725_312),
    _caduceus("Caduceus-PS-131k", 256, 16, 131_072, 7_725_312),
    _dnabert(3, 86_094_336),
    _dnabert(4, 86_241_792),
    _dnabert(5, 86_831_616),
    _dnabert(6, 89_190_912),
    _hyena("tiny", 1024, 128, 2, 436_096),
    _hyena("tiny-d256", 1024, 256, 2, 1_641_088),
    _hyena("small", 32_768, 256, 4, 3_277_568),
    _hyena("medium", 160_000, 256, 8, 6_550_528),
    # The 55.9 million of the released model include the layers that predict masked tokens.
    Entry(
        name="Nucleotide-Transformer-v2-50M",
        year=2023,
        paper="Dalla-Torre et al., Nature Methods 22",
        task="two kinds of sequences",
        input="DNA, 2048 tokens of 6 bases",
        estimator=TransformerClassifier,
        settings=_NT,
        tokenizer={"k": 6, "stride": 6, "unknown": "split"},
        n_channels=1,
        length=2048,
        n_outputs=1,
        # Each layer has attention, gated feed-forward layers and two normalizations; then there are
        # the token embeddings and the last normalization.
        n_parameters=12 * (4 * dense(512, 512) + 3 * 512 * 2048 + 4 * 512)
        + 512 * _NT_VOCABULARY
        + 2 * 512,
        differences={"output layer": dense(512, 1)},
    ),
]
