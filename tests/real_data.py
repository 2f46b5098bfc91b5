"""Real data sets, in the folder that the environment variable SKGENOMICS_DATA names."""

import os
from pathlib import Path

import pytest

# Without the variable a path that does not exist, so that all tests of real data are skipped.
DATA = Path(os.environ.get("SKGENOMICS_DATA") or "SKGENOMICS_DATA-is-not-set")
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="SKGENOMICS_DATA does not name the folder of the data sets"
)
