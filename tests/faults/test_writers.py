"""Every writer of the package, killed or on a full disk: the old file or the new one, whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "fault_writers.py"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_writers_and_full_disks_lose_no_file(tmp_path):
    """In one script, since forking a process that has used compiled threads is not safe."""
    tests = f"{SCRIPT.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    output = tmp_path / "results.json"
    process = subprocess.run(
        [sys.executable, str(SCRIPT), "kills", "full", "--kills", "2", "-o", str(output)],
        env=os.environ | {"PYTHONPATH": tests},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    outcome = json.loads(output.read_text())
    assert len(outcome["kills"]) > 15
    for name, result in outcome["kills"].items():
        assert result == {"kills": 2, "lost": 0, "left": 0, "errors": []}, (name, result)
    if "skipped" in outcome["full"]:
        pytest.skip(outcome["full"]["skipped"])
    assert outcome["full"].keys() == outcome["kills"].keys()
    for name, result in outcome["full"].items():
        assert (result.get("lost"), result.get("left")) == (0, 0), (name, result)
        # What is read from the old file, or not written for lack of room, needs no error.
        if result["message"]:
            assert result["path"] in result["message"], (name, result)
