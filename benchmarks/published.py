"""Published weights, modules and checkpoints, against the original's own forward pass.

Usage: python benchmarks/published.py [FASTA of the first 110 kb of chromosome 10, hg19]

Packages that hold weights or reference modules are downloaded by pip into a temporary folder. Those
of SpliceAI are for non-commercial use; nothing of them is kept. Checkpoints of language models have
random parameters and the tokens, special tokens and heads of published ones. Needs
`pip install "skgenomics[lm,weights]"`. The tables go to benchmarks/results/published.md.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import torch
from data import RESULTS
from torch.nn import functional as F

from skgenomics import OneHotEncoder, ProfileRegressor, zoo
from skgenomics.genome import read_fasta
from skgenomics.pretrained import PretrainedLanguageModel
from skgenomics.testing import make_checkpoint

sys.path.append(str(Path(__file__).parents[1] / "tests" / "pretrained"))
import test_language_model as whole_words
import test_layouts as layouts

_RESULTS = RESULTS / "published.md"
_PACKAGES = ["spliceai==1.3.1", "bpnet-lite", "enformer-pytorch", "einops", "tangermeme", "pyfaidx"]
_PACKAGES += ["memelite", "borzoi-pytorch"]
_DISTANCE = 500
# Transcript of TUBB8, minus strand.
_TRANSCRIPT = (92892, 95529)
# Variants of the documentation of SpliceAI, with what its package gives.
_VARIANTS = {
    ("A", 94077, "C"): "0.15 0.27 0.00 0.05 89 -23 -267 193",
    ("C", 94555, "T"): "0.01 0.18 0.15 0.62 -2 110 -190 0",
}


# Layouts by their kind of tokens, beside those of the tests.
_CHECKPOINTS = {
    "overlapping k-mers": "DNABERT, overlapping k-mers",
    "bpe": "DNABERT-2, byte pairs",
}


def download(folder: Path) -> None:
    """Install the packages into a folder, without their dependencies."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
    subprocess.run([*command, *_PACKAGES], check=True)


def one_hot(X: list[str]) -> torch.Tensor:
    """Return one-hot sequences of shape (n, 4, length)."""
    rows = OneHotEncoder().fit_transform(X).reshape(len(X), -1, 4)
    return torch.from_numpy(rows.transpose(0, 2, 1).copy())


@torch.no_grad()
def run_keras(path: Path, x: torch.Tensor) -> np.ndarray:
    """Compute the output of a file of Keras layer by layer, as its configuration says."""
    done: dict[str, torch.Tensor] = {}
    with h5py.File(path) as file:
        for layer in json.loads(file.attrs["model_config"])["config"]["layers"]:
            name, config, kind = layer["name"], layer["config"], layer["class_name"]
            nodes = layer["inbound_nodes"]
            inputs = [done[node[0]] for node in nodes[0]] if nodes else [x]
            group = file["model_weights"][name]
            w = {
                key.decode().split("/")[-1].split(":")[0]: torch.from_numpy(np.asarray(group[key]))
                for key in group.attrs["weight_names"]
            }
            y = inputs[0]
            if kind == "Conv1D":
                kernel, step = w["kernel"].permute(2, 1, 0), config["dilation_rate"][0]
                pad = step * (kernel.shape[2] - 1) // 2 if config["padding"] == "same" else 0
                y = F.conv1d(y, kernel, w["bias"], padding=pad, dilation=step)
                y = y.softmax(dim=1) if config["activation"] == "softmax" else y
            elif kind == "BatchNormalization":
                mean, variance = w["moving_mean"][:, None], w["moving_variance"][:, None]
                y = (y - mean) / (variance + config["epsilon"]).sqrt()
                y = y * w["gamma"][:, None] + w["beta"][:, None]
            elif kind == "Activation":
                y = y.relu()
            elif kind == "Add":
                y = torch.stack(inputs).sum(dim=0)
            elif kind == "Cropping1D":
                start, end = config["cropping"]
                y = y[..., start : y.shape[-1] - end]
            elif kind != "InputLayer":
                raise ValueError(f"unknown layer {kind}")
            done[name] = y
    return y.transpose(1, 2).numpy()


def timed(function, *args):
    """Return a result and the seconds that it took."""
    start = time.perf_counter()
    result = function(*args)
    return result, time.perf_counter() - start


def check_spliceai(folder: Path, chromosome: str | None) -> tuple[list[str], list[str]]:
    """Compare the five models, and compute the documented delta scores."""
    length = 10_000 + 2 * _DISTANCE + 1
    files = [folder / f"spliceai/models/spliceai{i}.h5" for i in range(1, 6)]
    models = [zoo.load_weights("SpliceAI-10k", path, length=length) for path in files]
    rng = np.random.default_rng(0)
    inner = "".join(rng.choice(list("ACGT"), length - 4000))
    X = ["N" * 2500 + inner + "N" * 1500]
    rows = []
    for path, model in zip(files, models, strict=True):
        expected, theirs = timed(run_keras, path, one_hot(X))
        found, ours = timed(model.predict_proba, X)
        difference = np.abs(found - expected).max()
        rows.append(f"| SpliceAI-10k, {path.name} | {difference:.1e} | {theirs:.2f} | {ours:.2f} |")
    scores = []
    for (ref, position, alt), expected in _VARIANTS.items() if chromosome else ():
        found = delta_scores(models, chromosome, ref, position, alt)
        scores.append(f"| 10:{position} {ref}>{alt} | {expected} | {found} |")
    return rows, scores


def delta_scores(models: list, chromosome: str, ref: str, position: int, alt: str) -> str:
    """Compute delta scores as SpliceAI does: the transcript alone, on its strand, five models."""
    half = (10_000 + 2 * _DISTANCE + 1) // 2
    start = position - 1 - half
    window = chromosome[start : start + 2 * half + 1].upper()
    inside = range(_TRANSCRIPT[0] - 1 - start, _TRANSCRIPT[1] - start)
    window = "".join(base if i in inside else "N" for i, base in enumerate(window))
    assert window[half] == ref
    both = [window, window[:half] + alt + window[half + 1 :]]
    turned = [text[::-1].translate(str.maketrans("ACGT", "TGCA")) for text in both]
    y = np.mean([model.predict_proba(turned) for model in models], axis=0)[:, ::-1]
    gains = [y[1, :, 1] - y[0, :, 1], y[0, :, 1] - y[1, :, 1]]
    gains += [y[1, :, 2] - y[0, :, 2], y[0, :, 2] - y[1, :, 2]]
    values = [f"{gain.max():.2f}" for gain in gains]
    return " ".join(values + [str(gain.argmax() - _DISTANCE) for gain in gains])


@torch.no_grad()
def check_modules(folder: Path) -> list[str]:
    """Compare modules of other packages, with random parameters."""
    sys.path.append(str(folder))
    from bpnetlite.bpnet import BPNet

    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 2114)) for _ in range(8)]
    path, rows = folder / "weights.pt", []
    module = BPNet(n_outputs=1, n_control_tracks=0, verbose=False).eval()
    torch.save(module.state_dict(), path)
    model = zoo.load_weights("BPNet", path)
    (profile, total), theirs = timed(module, one_hot(X))
    scores, ours = timed(model._predict_scores, X)
    difference = np.abs(scores - torch.cat([profile[:, 0], total], dim=1)[:, None].numpy()).max()
    rows.append(f"| BPNet, bpnet-lite, random | {difference:.1e} | {theirs:.2f} | {ours:.2f} |")
    # Only its readers of intervals need polars.
    with absent("polars"):
        from enformer_pytorch import Enformer
    settings = {"dim": 96, "depth": 2, "heads": 4, "attn_dim_key": 16, "dim_divisible_by": 8}
    module = Enformer.from_hparams(**settings, output_heads={"human": 1}, target_length=896).eval()
    for name, parameter in module.named_parameters():
        if "to_out" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    torch.save(module.state_dict(), path)
    model = zoo.load_weights("Enformer-mini", path)
    X = ["".join(rng.choice(list("ACGT"), 196_608))]
    expected, theirs = timed(module, one_hot(X).transpose(1, 2))
    found, ours = timed(model.predict, X)
    difference = np.abs(found - expected["human"][..., 0].numpy()).max()
    name = "Enformer-mini, enformer-pytorch, random"
    rows.append(f"| {name} | {difference:.1e} | {theirs:.2f} | {ours:.2f} |")
    # Only its readers of genes need further packages.
    with absent("borzoi_pytorch.gene_utils"):
        from borzoi_pytorch.config_borzoi import BorzoiConfig
        from borzoi_pytorch.pytorch_borzoi_model import Borzoi

    settings = {"dim": 96, "depth": 2, "heads": 4, "attn_dim_key": 16, "attn_dim_value": 24}
    settings |= {"bins_to_return": 96, "enable_mouse_head": False, "return_center_bins_only": True}
    module = Borzoi(BorzoiConfig(**settings)).eval()
    module.human_head = torch.nn.Conv1d(1920, 8, 1)
    X = ["".join(rng.choice(list("ACGT"), 4096))]
    model = ProfileRegressor.from_module(
        module, n_bins=96, bin_size=32, length=4096, output="rates", device="cpu"
    )
    expected, theirs = timed(module, one_hot(X))
    found, ours = timed(model.predict, X)
    difference = np.abs(found.transpose(0, 2, 1) - expected.numpy()).max()
    name = "borzoi-pytorch, 2 layers, by `from_module`"
    rows.append(f"| {name} | {difference:.1e} | {theirs:.2f} | {ours:.2f} |")
    return rows


class _Stub(types.ModuleType):
    """Module of which any public name is None."""

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)


@contextlib.contextmanager
def absent(name: str) -> Iterator[None]:
    """Replace a module that is imported but not needed."""
    stub = _Stub(name)
    is_stub = sys.modules.setdefault(name, stub) is stub
    yield
    if is_stub:
        del sys.modules[name]


def check_language_models(folder: Path) -> list[str]:
    """Compare likelihoods with log-softmaxes of the models of transformers themselves."""
    sources = []
    for kind, name in _CHECKPOINTS.items():
        make_checkpoint(folder / kind, tokens=kind)
        by_hand = whole_words.ByHand(folder / kind, kind)
        sources.append((name, folder / kind, by_hand.pseudo_likelihood, "ACGT"))
    for name, (*settings, alphabet) in layouts.LAYOUTS.items():
        path = folder / name.replace(" ", "_")
        layouts.write_layout(path, *settings)
        by_hand = layouts.ByHand(path, *settings, alphabet)
        sources.append(
            (name, path, lambda text, m=by_hand: m.total(text) / m.n_scored(text), alphabet)
        )
    rows = []
    for name, path, likelihood, alphabet in sources:
        symbols = "ACDEFGHIKLMNPQRSTVWY" if alphabet == "protein" else "ACGT"
        X = ["".join(row) for row in np.random.default_rng(0).choice(list(symbols), (16, 40))]
        model = PretrainedLanguageModel(path, alphabet=alphabet, device="cpu").fit(X)
        expected, theirs = timed(lambda X=X, f=likelihood: [f(text) for text in X])
        found, ours = timed(model.score_samples, X)
        difference = np.abs(found - expected).max()
        rows.append(f"| {name} | {difference:.1e} | {theirs:.2f} | {ours:.2f} |")
    return rows


def read_fasta_text(path: str) -> str:
    """Read the only sequence of a FASTA file."""
    _, sequence = next(iter(read_fasta(path)))
    return sequence


def main() -> None:
    """Compare, print and write the tables."""
    chromosome = None
    if len(sys.argv) > 1:
        chromosome = read_fasta_text(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        download(folder)
        rows, scores = check_spliceai(folder, chromosome)
        rows += check_modules(folder)
        likelihoods = check_language_models(folder)
    lines = ["# Published weights", "", "`python benchmarks/published.py FASTA`, one thread.", ""]
    lines += ["| network and file | largest difference | original, s | zoo, s |"]
    lines += ["|---|---|---|---|", *rows, ""]
    lines += [
        "SpliceAI's input has N at both ends. Differences are of probabilities (SpliceAI), of"
    ]
    lines += ["logits and logarithms of totals (BPNet), and of rates (Enformer, Borzoi).", ""]
    if scores:
        lines += [
            "Delta scores of SpliceAI's documented variants (DS_AG, AL, DG, DL; DP likewise):"
        ]
        lines += ["", "| variant | spliceai 1.3.1 | zoo |", "|---|---|---|", *scores, ""]
    lines += [
        "Mean log-likelihood per position of 16 sequences of 40 symbols, against a loop over the"
    ]
    lines += ["models of transformers:", "", "| layout | largest difference | loop, s | ours, s |"]
    lines += ["|---|---|---|---|", *likelihoods, ""]
    _RESULTS.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
