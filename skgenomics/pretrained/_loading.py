"""From the files of a checkpoint to its model and its tokenizer."""

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
# Parts on top of the hidden states, which nobody looks at here.
_HEADS = re.compile(r"(^|\.)(pooler|contact_head|lm_head|cls|classifier|score)\.")


class RemoteCode:
    """Python files of a checkpoint, in a saved estimator.

    They run when the estimator is loaded. That is why this class is trusted by nobody:
    :func:`skgenomics.load` asks the user to name it.

    Parameters
    ----------
    files : dict of str to bytes
        Content of the files by their names.
    """

    def __init__(self, files: dict[str, bytes]):
        self.files = files


class Checkpoint(NamedTuple):
    """A checkpoint that was read: its model, and what the model can be built of again."""

    model: nn.Module
    tokenizer: Any
    files: dict[str, bytes]
    code: RemoteCode | None
    revision: str | None


def load_checkpoint(
    name_or_path: str | PathLike, *, revision: str | None = None, trust_remote_code: bool = False
) -> Checkpoint:
    """Read a checkpoint with its weights, in float32, on the CPU.

    Parameters
    ----------
    name_or_path : str or path
        A folder, or a name on the Hugging Face hub.
    revision : str, optional
        Commit, tag or branch on the hub.
    trust_remote_code : bool, default=False
        Whether Python files of the checkpoint may run.

    Returns
    -------
    Checkpoint

    Raises
    ------
    ImportError
        If transformers is not installed, or a package that the checkpoint's own code needs.
    ValueError
        If there is no such checkpoint, it is damaged, or has code of its own that may not run.
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
        model = _read_model(folder, bool(own_code))
        tokenizer = _read_tokenizer(folder, bool(own_code))
    return Checkpoint(model, tokenizer, files, RemoteCode(code) if own_code else None, commit)


def rebuild_checkpoint(files: dict[str, bytes], code: RemoteCode | None) -> tuple[nn.Module, Any]:
    """Build a model, with weights that mean nothing yet, and its tokenizer from their files.

    Parameters
    ----------
    files : dict of str to bytes
        Files of plain data.
    code : RemoteCode or None
        The checkpoint's own code, which is trusted; without it none will run.
    """
    import_transformers()
    # Anything else that has files may come from a saved model that nobody trusts.
    is_trusted = isinstance(code, RemoteCode)
    everything = files | (code.files if is_trusted else {})
    with tempfile.TemporaryDirectory() as parent, quiet(), isolated_rng(0, "cpu"):
        # Modules of Python are known by the name of their folder: the same code, the same name.
        folder = Path(parent) / f"checkpoint_{_digest(everything)}"
        folder.mkdir()
        for name, content in everything.items():
            (folder / Path(name).name).write_bytes(content)
        return _build_model(folder, is_trusted), _read_tokenizer(folder, is_trusted)


def _digest(files: dict[str, bytes]) -> str:
    hashed = hashlib.sha256()
    for name, content in sorted(files.items()):
        hashed.update(f"{name} {len(content)} ".encode() + content)
    return hashed.hexdigest()[:16]


def import_transformers():
    """The package transformers, or an ImportError that tells how to get it."""
    try:
        import transformers
    except ImportError as error:
        raise ImportError(
            'published language models need transformers: pip install "skgenomics[lm]"'
        ) from error
    return transformers


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from reporting what is checked here."""
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
    """Classes that a checkpoint defines in Python files of its own."""
    found = []
    for name in ("config.json", "tokenizer_config.json"):
        for value in (read_json(files, name).get("auto_map") or {}).values():
            found += value if isinstance(value, list | tuple) else [value]
    return sorted({reference for reference in found if reference})


def _find_class(folder: Path, trusted: bool) -> tuple[type | None, Any]:
    """The checkpoint's own class of models, if it has one, and its configuration."""
    auto_map = read_json(read_files(folder)[0], "config.json").get("auto_map") or {}
    reference = next((auto_map[name] for name in _MODELS if name in auto_map), None)
    auto_config = import_transformers().AutoConfig
    if reference is None:
        return None, auto_config.from_pretrained(folder, trust_remote_code=trusted)
    if not trusted:
        raise ValueError(f"the saved model refers to {reference}, but holds no code that may run")
    from transformers.dynamic_module_utils import get_class_from_dynamic_module

    model_class = get_class_from_dynamic_module(reference, str(folder))
    if model_class.config_class is None:
        return model_class, auto_config.from_pretrained(folder, trust_remote_code=True)
    # What the class itself expects: AutoConfig may give a class of the same name from elsewhere.
    return model_class, model_class.config_class.from_pretrained(folder)


def _read_model(folder: Path, trusted: bool) -> nn.Module:
    with _explained(folder, "its model"):
        model_class, config = _find_class(folder, trusted)
        reader = model_class or import_transformers().AutoModel
        model, report = reader.from_pretrained(folder, config=config, output_loading_info=True)
    missing = sorted(name for name in report["missing_keys"] if not _HEADS.search(name))
    if missing:
        raise ValueError(
            f"the weights in {str(folder)!r} lack {len(missing)} that the model needs, such as "
            f"{missing[0]}: they belong to another architecture, or are not complete"
        )
    return _without_head(model)


def _build_model(folder: Path, trusted: bool) -> nn.Module:
    model_class, config = _find_class(folder, trusted)
    if model_class is not None:
        return _without_head(model_class(config))
    return _without_head(import_transformers().AutoModel.from_config(config))


def _without_head(model: nn.Module) -> nn.Module:
    if getattr(model.config, "is_encoder_decoder", False):
        raise ValueError(
            f"{type(model).__name__} has an encoder and a decoder; only models that give one "
            "hidden state per token can be used"
        )
    return model.base_model.to(torch.float32).eval()


def _read_tokenizer(folder: Path, trusted: bool):
    with _explained(folder, "its tokenizer"):
        return import_transformers().AutoTokenizer.from_pretrained(
            folder, trust_remote_code=trusted
        )


@contextlib.contextmanager
def _explained(folder: Path, what: str) -> Iterator[None]:
    """Turn the many errors of readers into one that says what was read."""
    try:
        yield
    except ImportError:
        # Names the packages that the checkpoint's own code needs.
        raise
    except Exception as error:
        raise ValueError(
            f"{str(folder)!r} is a checkpoint, but {what} cannot be read: "
            f"{type(error).__name__}: {str(error).strip()}; if a download was interrupted, run it "
            "again, else see which version of transformers the checkpoint asks for"
        ) from error
