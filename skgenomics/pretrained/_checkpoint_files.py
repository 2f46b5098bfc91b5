"""Files of a checkpoint: finding, reading and checking them."""

from __future__ import annotations

import json
import zipfile
from os import PathLike
from pathlib import Path

# Files that describe a model and its tokenizer.
_PLAIN, _CODE = (".json", ".model", ".txt"), ".py"
# Files of training that are not needed to use the model.
_TRAINING_FILES = ("trainer_state.json", "requirements.txt")
_WEIGHTS = ("model*.safetensors", "pytorch_model*.bin")
_LEGACY_PICKLE = b"\x80"


def find_folder(name_or_path: str | PathLike, revision: str | None) -> tuple[Path, str | None]:
    """Find a checkpoint: a folder, or a name on the Hugging Face hub.

    Parameters
    ----------
    name_or_path : str or Path
        Folder, or else a name, which is looked up in the cache of the hub or downloaded.
    revision : str or None
        Commit, tag or branch on the hub.

    Returns
    -------
    folder : Path
        Folder that holds the files.
    commit : str or None
        Commit on the hub; None for a folder.

    Raises
    ------
    ValueError
        If there is no such folder or name, or a folder comes with a revision.
    """
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        if revision is not None:
            raise ValueError(
                f"revision={revision!r} is for names on the Hugging Face hub, but {str(path)!r} is "
                "a folder; leave revision=None"
            )
        return path, None
    if path.exists():
        raise ValueError(f"{str(path)!r} is a file; pass the folder that holds its config.json")
    name = str(name_or_path)
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ValueError(f"there is no folder {name!r}")
    return _fetch(name, revision)


def _fetch(name: str, revision: str | None) -> tuple[Path, str]:
    from huggingface_hub import snapshot_download

    def get(*patterns: str) -> Path:
        # Subfolders hold other formats of the same model, or states of its training.
        return Path(
            snapshot_download(
                name, revision=revision, allow_patterns=list(patterns), ignore_patterns=["*/*"]
            )
        )

    try:
        folder = get(*(f"*{ending}" for ending in (*_PLAIN, _CODE)), _WEIGHTS[0])
        if not any(folder.glob(_WEIGHTS[0])):
            folder = get(_WEIGHTS[1])
    except (OSError, ValueError) as error:
        at = "" if revision is None else f" --revision {revision}"
        raise ValueError(
            f"{name!r} is not a local folder, and the Hugging Face hub gives no such checkpoint "
            f"({str(error).strip().splitlines()[0]}); check the name and the revision, or run "
            f"`hf download {name}{at} --local-dir FOLDER` where there is a network and pass FOLDER"
        ) from error
    return folder, folder.name


def read_files(folder: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Read the data files and the Python files of a folder, without the weights."""
    if not (folder / "config.json").is_file():
        raise ValueError(
            f"{str(folder)!r} is not a checkpoint: it has no config.json; pass a folder that "
            "`save_pretrained` of transformers wrote, or a download of one"
        )
    plain, code = {}, {}
    for path in sorted(folder.iterdir()):
        is_plain = path.suffix in _PLAIN and not path.name.endswith(".index.json")
        if is_plain and path.name not in _TRAINING_FILES:
            plain[path.name] = path.read_bytes()
        elif path.suffix == _CODE:
            code[path.name] = path.read_bytes()
    return plain, code


def read_json(files: dict[str, bytes], name: str) -> dict:
    """Parse a JSON file; give an empty dict if there is none."""
    try:
        return json.loads(files.get(name, b"{}"))
    except ValueError as error:
        raise ValueError(
            f"{name} of the checkpoint is damaged ({error}); download it again"
        ) from error


def check_weights(folder: Path) -> None:
    """Raise a ValueError that names the file if weights are missing or truncated."""
    files = sorted(path for pattern in _WEIGHTS for path in folder.glob(pattern))
    if not files:
        raise ValueError(
            f"{str(folder)!r} has a config.json but no weights: neither model.safetensors nor "
            "pytorch_model.bin; if a download was interrupted, run it again"
        )
    for index in folder.glob("*.index.json"):
        parts = set(read_json({index.name: index.read_bytes()}, index.name)["weight_map"].values())
        missing = sorted(name for name in parts if not (folder / name).is_file())
        if missing:
            raise ValueError(
                f"{str(folder)!r} lacks {missing[0]}, one of {len(parts)} files of weights; the "
                "download was interrupted: run it again"
            )
    for path in files:
        _check_complete(path)


def _check_complete(path: Path) -> None:
    problem = _find_damage(path)
    if problem is not None:
        raise ValueError(
            f"{str(path)!r} ({path.stat().st_size} bytes) is damaged or truncated ({problem}); "
            "if a download was interrupted, delete the file and download it again"
        )


def _find_damage(path: Path) -> str | None:
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "pt"):
                return None
        except (SafetensorError, OSError) as error:
            return str(error)
    with path.open("rb") as file:
        is_pickle = file.read(1) == _LEGACY_PICKLE
    return None if is_pickle or zipfile.is_zipfile(path) else "not an archive of torch"
