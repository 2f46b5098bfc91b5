"""Samplers by name."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from difflib import get_close_matches


def _on_text(name: str) -> Callable:
    """Make the steps of a sampler of sequences."""

    def make(alphabet: str, seed: int) -> list:
        from skgenomics import sampling

        return [getattr(sampling, name)(alphabet=alphabet, random_state=seed)]

    return make


def _on_numbers(module: str, name: str, encoder: str) -> Callable:
    """Make the steps of a sampler of imbalanced-learn, after an encoder."""

    def make(alphabet: str, seed: int) -> list:
        from importlib import import_module

        from skgenomics import encoding

        sampler = getattr(import_module(f"imblearn.{module}"), name)
        return [getattr(encoding, encoder)(alphabet=alphabet), sampler(random_state=seed)]

    return make


SAMPLERS: dict[str, Callable] = {
    "random-over": _on_numbers("over_sampling", "RandomOverSampler", "OrdinalEncoder"),
    "random-under": _on_numbers("under_sampling", "RandomUnderSampler", "OrdinalEncoder"),
    "smote": _on_numbers("over_sampling", "SMOTE", "OneHotEncoder"),
    "sequence-smote": _on_text("SequenceSMOTE"),
    "mutation": _on_text("MutationOverSampler"),
    "reverse-complement": _on_text("ReverseComplementOverSampler"),
    "homology": _on_text("HomologyUnderSampler"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the argument that chooses a sampler."""
    parser.add_argument(
        "--resample",
        metavar="NAME",
        help=f"balance the classes of the training samples by {', '.join(SAMPLERS)}",
    )


def resample(models: dict, name: str | None, task: str, alphabet: str, seed: int) -> dict:
    """Put a sampler in front of each model, if one is named.

    Raises
    ------
    ValueError
        If there is no such sampler, or the task has no classes to balance.
    """
    if name is None:
        return models
    if name not in SAMPLERS:
        nearest = get_close_matches(name, SAMPLERS, n=1, cutoff=0.5)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise ValueError(f"--resample knows {', '.join(SAMPLERS)}, not {name!r}{hint}")
    if task != "classification":
        raise ValueError(f"--resample balances classes of one label, but this is {task}")
    from imblearn.pipeline import make_pipeline

    return {
        key: make_pipeline(*SAMPLERS[name](alphabet, seed), *_steps(model))
        for key, model in models.items()
    }


def _steps(model) -> list:
    """List the steps of a model, since pipelines of imbalanced-learn cannot be nested."""
    return [step for _, step in getattr(model, "steps", [("", model)])]
