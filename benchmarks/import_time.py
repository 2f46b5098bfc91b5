"""Time of `from skgenomics import CNNClassifier` beside `import torch, skorch, sklearn`.

Run: python benchmarks/import_time.py. Both start in fresh interpreters in turns, so that a load of
the machine falls on both; the ratio is the median over the pairs.
"""

import subprocess
import sys
from time import perf_counter

import numpy as np
from data import RESULTS

STATEMENTS = {
    "torch, skorch, sklearn": "import torch, skorch, sklearn",
    "CNNClassifier": "from skgenomics import CNNClassifier",
    "OneHotEncoder": "from skgenomics import OneHotEncoder",
}
N_PAIRS = 11


def measure(statement):
    """Return the seconds that a fresh interpreter takes for a statement."""
    start = perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return perf_counter() - start


def main():
    """Measure all statements in turns and write the table."""
    for statement in STATEMENTS.values():
        measure(statement)  # compiles bytecode and fills the cache of the file system
    seconds = np.array(
        [[measure(statement) for statement in STATEMENTS.values()] for _ in range(N_PAIRS)]
    )
    ratios = np.median(seconds / seconds[:, :1], axis=0)
    lines = [
        f"Medians of {N_PAIRS} runs in turns, in fresh interpreters.",
        "",
        "| import | seconds | ratio |",
        "|---|---:|---:|",
        *(
            f"| {name} | {second:.2f} | {ratio:.2f} |"
            for name, second, ratio in zip(
                STATEMENTS, np.median(seconds, axis=0), ratios, strict=True
            )
        ),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    (RESULTS / "import_time.md").write_text(text)


if __name__ == "__main__":
    main()
