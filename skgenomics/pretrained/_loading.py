"""Model and tokenizer of a checkpoint, from its files."""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from skgenomics.pretrained._checkpoint_files import (
    check_weights,
    find_folder,
    read_files,
    read_json,
)
from skgenomics.training import isolated_rng

_MODELS = ("AutoModel", "AutoModelForMaskedLM", "AutoModelForCausalLM")
# Classes with a language-model head: endings of their names, and the auto class that reads them.
_HEAD_CLASSES = {
    "ForMaskedLM": "AutoModelForMaskedLM",
    "ForCausalLM": "AutoModelForCausalLM",
    "LMHeadModel": "AutoModelForCausalLM",
}
# Layers on top of the hidden states that are not used with a head, and those not used without.
_UNUSED = re.compile(r"(^|\.)(pooler|contact_head)\.")
_HEADS = re.compile(r"(^|\.)(pooler|contact_head|lm_head|cls|classifier|score)\.")


class RemoteCode:
    """Python files of a checkpoint in a saved estimator.

    They run when the estimator is loaded. Therefore this class is not trusted by default:
    :func:`skgenomics.load` refuses it unless the user names it.

    Parameters
    ----------
    files : dict of str to bytes
        Contents of the files by name.
    """

    def __init__(self, files: dict[str, bytes]):
        self.files = files


class PretrainedCheckpoint(NamedTuple):
    """A model with its tokenizer, and the files from which both can be rebuilt."""

    model: nn.Module
    tokenizer: Any
    files: dict[str, bytes]
    code: RemoteCode | None
    revision: str | None


def load_checkpoint(
    name_or_path: str | PathLike,
    *,
    revision: str | None = None,
    trust_remote_code: bool = False,
    with_head: bool = False,
) -> PretrainedCheckpoint:
    """Read a checkpoint with its weights, in float32, on the CPU.

    Parameters
    ----------
    name_or_path : str or Path
        Folder, or name on the Hugging Face hub.
    revision : str or None, default=None
        Commit, tag or branch on the hub.
    trust_remote_code : bool, default=False
        If True, Python files of the checkpoint may run.
    with_head : bool, default=False
        If True, keep the language-model head.

    Returns
    -------
    PretrainedCheckpoint
        Model, tokenizer and files.

    Raises
    ------
    ImportError
        If transformers or a package that the code of the checkpoint needs is not installed.
    ValueError
        If there is no such checkpoint, it is damaged, it has code that is not trusted, or it lacks
        a required head.
    """
    import_transformers()
    folder, commit = find_folder(name_or_path, revision)
    files, code = read_files(folder)
    own_code = _own_code(files)
    if own_code and not trust_remote_code:
        raise ValueError(
            f"the checkpoint {str(name_or_path)!r} brings its own code ({', '.join(own_code)}), "
            "which runs on your machine; read it, and pass trust_remote_code=True if you trust it"
        )
    check_weights(folder)
    with quiet(), isolated_rng(0, "cpu"):
        model = _read_model(folder, bool(own_code), with_head)
        tokenizer = _read_tokenizer(folder, bool(own_code))
    return PretrainedCheckpoint(
        model, tokenizer, files, RemoteCode(code) if own_code else None, commit
    )


def rebuild_checkpoint(
    files: dict[str, bytes], code: RemoteCode | None, *, with_head: bool = False
) -> tuple[nn.Module, Any]:
    """Rebuild a model with random parameters, and its tokenizer, from their files.

    Parameters
    ----------
    files : dict of str to bytes
        Contents of the data files by name.
    code : RemoteCode or None
        Trusted code of the checkpoint; without it none will run.
    with_head : bool, default=False
        If True, keep the language-model head.

    Returns
    -------
    model : torch.nn.Module
        Model in evaluation mode.
    tokenizer : transformers.PreTrainedTokenizerBase
        Tokenizer.
    """
    import_transformers()
    # Only this class was trusted by the user; another object with files may come from elsewhere.
    is_trusted = isinstance(code, RemoteCode)
    everything = files | (code.files if isinstance(code, RemoteCode) else {})
    with tempfile.TemporaryDirectory() as parent, quiet(), isolated_rng(0, "cpu"):
        # Python caches modules by the name of their folder, so that it must identify the code.
        folder = Path(parent) / f"checkpoint_{_digest(everything)}"
        folder.mkdir()
        for name, content in everything.items():
            (folder / Path(name).name).write_bytes(content)
        return _build_model(folder, is_trusted, with_head), _read_tokenizer(folder, is_trusted)


def _digest(files: dict[str, bytes]) -> str:
    hashed = hashlib.sha256()
    for name, content in sorted(files.items()):
        hashed.update(f"{name} {len(content)} ".encode() + content)
    return hashed.hexdigest()[:16]


def import_transformers():
    """Import transformers, or raise an ImportError that names the extra."""
    try:
        import transformers
    except ImportError as error:
        raise ImportError(
            'published language models need transformers: pip install "skgenomics[lm]"'
        ) from error
    return transformers


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence the warnings and progress bars of transformers, which duplicate our checks."""
    logging = import_transformers().utils.logging
    level, has_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if has_bars:
            logging.enable_progress_bar()


def _own_code(files: dict[str, bytes]) -> list[str]:
    """List the classes that a checkpoint defines in its own Python files."""
    found: list[str] = []
    for name in ("config.json", "tokenizer_config.json"):
        for value in (read_json(files, name).get("auto_map") or {}).values():
            found += value if isinstance(value, list | tuple) else [value]
    return sorted({reference for reference in found if reference})


def head_class(folder: Path) -> str:
    """Give the auto class of transformers for the language-model head of a checkpoint.

    Raises
    ------
    ValueError
        If the checkpoint has no such head.
    """
    config = read_json(read_files(folder)[0], "config.json")
    names = [str(name) for name in config.get("architectures") or []]
    # Without architectures, the classes that the checkpoint defines are all that is known.
    names += list(config.get("auto_map") or {}) if not names else []
    for name in names:
        for ending, auto_class in _HEAD_CLASSES.items():
            if name.endswith(ending):
                return auto_class
    raise ValueError(
        f"{str(folder)!r} has no language-model head: its architecture is "
        f"{', '.join(names) or 'not named'}, but likelihoods need one that ends in ForMaskedLM, "
        "ForCausalLM or LMHeadModel; use PretrainedEmbedder for embeddings"
    )


def _find_class(folder: Path, trusted: bool, with_head: bool) -> tuple[Any, Any]:
    """Find the model class that the checkpoint defines, if any, and its configuration."""
    auto_map = read_json(read_files(folder)[0], "config.json").get("auto_map") or {}
    names = (head_class(folder),) if with_head else _MODELS
    reference = next((auto_map[name] for name in names if name in auto_map), None)
    auto_config = import_transformers().AutoConfig
    if reference is None:
        return None, auto_config.from_pretrained(folder, trust_remote_code=trusted)
    if not trusted:
        raise ValueError(f"the saved model refers to {reference}, but holds no code that may run")
    from transformers.dynamic_module_utils import get_class_from_dynamic_module

    model_class: Any = get_class_from_dynamic_module(reference, str(folder))
    if model_class.config_class is None:
        return model_class, auto_config.from_pretrained(folder, trust_remote_code=True)
    # AutoConfig may give a class of the same name that another checkpoint registered.
    return model_class, model_class.config_class.from_pretrained(folder)


def _read_model(folder: Path, trusted: bool, with_head: bool) -> nn.Module:
    auto_class = head_class(folder) if with_head else "AutoModel"
    with _explain_errors(folder, "its model"):
        model_class, config = _find_class(folder, trusted, with_head)
        reader = model_class or getattr(import_transformers(), auto_class)
        model, report = reader.from_pretrained(folder, config=config, output_loading_info=True)
    unused = _UNUSED if with_head else _HEADS
    missing = sorted(name for name in report["missing_keys"] if not unused.search(name))
    if missing:
        raise ValueError(
            f"the weights in {str(folder)!r} lack {len(missing)} tensors that the model needs, "
            f"such as {missing[0]}: they belong to another architecture, or are incomplete"
        )
    return _prepare_model(model, with_head)


def _build_model(folder: Path, trusted: bool, with_head: bool) -> nn.Module:
    model_class, config = _find_class(folder, trusted, with_head)
    if model_class is not None:
        return _prepare_model(model_class(config), with_head)
    auto_class = head_class(folder) if with_head else "AutoModel"
    return _prepare_model(getattr(import_transformers(), auto_class).from_config(config), with_head)


def _prepare_model(model: nn.Module, with_head: bool) -> nn.Module:
    if getattr(model.config, "is_encoder_decoder", False):
        raise ValueError(
            f"{type(model).__name__} has an encoder and a decoder; only models with one "
            "hidden state per token are supported"
        )
    prepared: Any = model if with_head else model.base_model
    return prepared.to(torch.float32).eval()


def _read_tokenizer(folder: Path, trusted: bool):
    with _explain_errors(folder, "its tokenizer"):
        return import_transformers().AutoTokenizer.from_pretrained(
            folder, trust_remote_code=trusted
        )


@contextlib.contextmanager
def _explain_errors(folder: Path, what: str) -> Iterator[None]:
    """Convert the errors of readers to one ValueError that names the folder."""
    try:
        yield
    except ImportError:
        # The message names the packages that the code of the checkpoint needs.
        raise
    except Exception as error:
        raise ValueError(
            f"{str(folder)!r} is a checkpoint, but {what} cannot be read: "
            f"{type(error).__name__}: {str(error).strip()}; if a download was interrupted, run it "
            "again, else see which version of transformers the checkpoint asks for"
        ) from error
