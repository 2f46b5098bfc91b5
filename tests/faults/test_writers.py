"""Every writer of the package, killed or on a full disk: the old file or the new one, whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "fault_writers.py"
# Text, bigWig and models; all writers take most of a minute.
FEW = ("save", "write_bigwig", "predict -o")


def run(folder, *arguments):
    """Run the script, since forking a process that has used compiled threads is not safe."""
    tests = f"{SCRIPT.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    output = folder / "results.json"
    process = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments, "-o", str(output)],
        env=os.environ | {"PYTHONPATH": tests},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(output.read_text())


def check_full_disks(results):
    if "skipped" in results:
        pytest.skip(results["skipped"])
    for name, result in results.items():
        assert {**result, "message": "", "path": ""} == {
            "lost": 0,
            "left": 0,
            "message": "",
            "path": "",
        }, (name, result)
        # What is read from the old file, or not written for lack of room, needs no error.
        if result["message"]:
            assert result["path"] in result["message"], (name, result)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_writers_lose_no_file(tmp_path):
    results = run(tmp_path, "kills", "2", "--quick")
    assert len(results) > 15
    for name, result in results.items():
        assert result == {"kills": 2, "lost": 0, "left": 0, "errors": []}, (name, result)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting needs root")
def test_writers_on_a_full_disk_lose_no_file(tmp_path):
    check_full_disks(run(tmp_path, "full", *(x for name in FEW for x in ("--only", name))))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting needs root")
def test_all_writers_on_a_full_disk_lose_no_file(tmp_path):
    check_full_disks(run(tmp_path, "full", "--quick"))
