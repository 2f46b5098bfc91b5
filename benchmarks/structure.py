"""Figures of the code itself: size, depth of inheritance, files from `fit` to the optimizer step.

    python benchmarks/structure.py [--root CHECKOUT]

Prints a table; with `--root` that of another checkout of the project, to compare with.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
from collections import Counter
from pathlib import Path

# Words of the glossary's left column, but not those of MEME's file format and of a journal's name.
WORDS = (
    r"(?<!Processing )letters?(?!-probability| frequencies)|places?|chances?|strange|anew|kin"
    r"|by heart|so many|what else|besides"
)


def count_lines(files: list[Path]) -> dict[str, int]:
    """Count lines of code, docstrings and comments."""
    counts: Counter[str] = Counter()
    for file in files:
        text = file.read_text()
        documented = set()
        for node in ast.walk(ast.parse(text)):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
                value = body[0].value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    documented |= set(range(value.lineno, (value.end_lineno or 0) + 1))
        for number, line in enumerate(text.splitlines(), 1):
            if number in documented:
                counts["docstrings"] += 1
            elif line.strip().startswith("#"):
                counts["comments"] += 1
            elif line.strip():
                counts["code"] += 1
    return dict(counts)


def repeated_names(files: list[Path]) -> list[str]:
    """List names of files that occur in several folders."""
    names = Counter(file.name.lstrip("_") for file in files if not file.name.startswith("__"))
    return sorted(name for name, n in names.items() if n > 1)


def trace_fit() -> dict[str, int]:
    """Follow `CNNClassifier.fit` up to the first step of the optimizer."""
    import torch

    from skgenomics import CNNClassifier

    stacks = []

    class Stop(Exception):
        pass

    class Probe(torch.optim.SGD):
        def step(self, *args, **kwargs):
            frame, stack = sys._getframe(), []
            while frame is not None:
                stack.append(frame.f_code)
                frame = frame.f_back
            stacks.append(stack)
            raise Stop

    def watch(frame, event, arg):
        if event == "call" and "skgenomics" in frame.f_code.co_filename:
            called.add(frame.f_code)

    called: set = set()
    model = CNNClassifier(max_iter=1, optimizer=Probe)
    sys.setprofile(watch)
    try:
        model.fit(["ACGTACGTAC", "TTGCATGCAA"] * 10, [0, 1] * 10)
    except Stop:
        pass
    finally:
        sys.setprofile(None)
    own = [code for code in stacks[0] if "/skgenomics/" in code.co_filename]
    return {
        "own frames on the stack at the optimizer step": len(own),
        "own files on that stack": len({code.co_filename for code in own}),
        "own functions called before it": len(called),
        "own files of these": len({code.co_filename for code in called}),
    }


def measure(root: Path) -> dict[str, object]:
    """Compute all figures of a checkout."""
    package = root / "skgenomics"
    files = sorted(package.rglob("*.py"))
    from skgenomics import CNNClassifier

    own = [cls for cls in CNNClassifier.__mro__ if cls.__module__.startswith("skgenomics")]
    text = "\n".join(file.read_text() for file in [*files, root / "README.md"])
    # CHANGELOG quotes the names that are gone.
    text += re.sub(r"`[^`]*`|\"[^\"]*\"", "", (root / "CHANGELOG.md").read_text())
    names = repeated_names(files)
    return {
        "own classes in the MRO of CNNClassifier": len(own),
        "parameters of CNNClassifier": len(inspect.signature(CNNClassifier).parameters),
        **trace_fit(),
        "files": len(files),
        **{
            f"files in {folder}/": len(list((package / folder).glob("*.py")))
            for folder in ("estimators", "inspection")
        },
        "file names in several folders": f"{len(names)}: {', '.join(names)}",
        "words of the glossary's left column": len(re.findall(rf"\b({WORDS})\b", text, re.I)),
        **{f"lines of {kind}": n for kind, n in count_lines(files).items()},
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1])
    root = parser.parse_args().root.resolve()
    sys.path.insert(0, str(root))
    for name, value in measure(root).items():
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
