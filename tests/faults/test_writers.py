"""Every writer of the package, killed at random times: the old file or the new one, whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "fault_writers.py"


def run(*arguments):
    """Run the script, since forking a process that has used compiled threads is not safe."""
    tests = f"{SCRIPT.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    process = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env=os.environ | {"PYTHONPATH": tests},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_writers_lose_no_file():
    results = run("kills", "2", "--quick")
    assert len(results) > 15
    for name, result in results.items():
        assert result == {"kills": 2, "lost": 0, "left": 0, "errors": []}, (name, result)
