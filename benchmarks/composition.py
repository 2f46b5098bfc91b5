"""Which kind of model works in which verb: the table of `tests/test_composition.py`.

    python benchmarks/composition.py

Writes benchmarks/results/composition.md from the rows, verbs and exceptions that the tests check:
"yes" for a cell that works, "no" for one that is refused, with the reason below the table.
"""

from __future__ import annotations

import sys
from pathlib import Path

from data import RESULTS

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Write the table."""
    sys.path.insert(0, str(ROOT / "tests"))
    from test_composition import REFUSALS, ROWS, VERBS, find_message

    def cell(row: str, verb: str) -> str:
        return "yes" if find_message(REFUSALS, row, verb) is None else "no"

    n_works = sum(cell(row, verb) == "yes" for row in ROWS for verb in VERBS)
    lines = [
        "# Every model in every verb",
        "",
        "Made by `python benchmarks/composition.py` from `tests/test_composition.py`, which runs",
        f"each cell: {n_works} of {len(ROWS) * len(VERBS)} work.",
        "",
        "| model | " + " | ".join(VERBS) + " |",
        "|---|" + "---|" * len(VERBS),
        *(f"| {row} | " + " | ".join(cell(row, verb) for verb in VERBS) + " |" for row in ROWS),
        "",
        "Refused:",
        "",
        *(f'- {rows}; {verbs}: "{message}"' for rows, verbs, message in REFUSALS),
    ]
    (RESULTS / "composition.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
