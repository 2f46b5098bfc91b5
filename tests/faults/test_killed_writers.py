"""Writers that are killed or meet a full disk: the old file or the new one, whole."""

import os
import signal
import subprocess
import sys
import time

import pytest

from skgenomics._utils.files import check_writable, replace_file

CODE = """
import sys
from skgenomics._utils.files import replace_file
for i in range(10**9):
    with replace_file(sys.argv[1]) as new, open(new, "w") as file:
        for _ in range(200):
            file.write(str(i % 10) * 1000)
    print("written", flush=True)
"""


def test_killed_writers_leave_a_whole_file(tmp_path):
    path = tmp_path / "model.skops"
    path.write_text("0" * 200_000)
    for repeat in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(path)], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        time.sleep(0.003 * repeat)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        text = path.read_text()
        assert len(text) == 200_000
        assert len(set(text)) == 1
    # What killed processes left is removed by the next writer.
    with replace_file(path) as new:
        new.write_text("end")
    assert os.listdir(tmp_path) == ["model.skops"]


def test_files_of_running_processes_are_spared(tmp_path):
    path = tmp_path / "a.txt"
    with replace_file(path) as first:
        first.write_text("first")
        with replace_file(path) as second:
            second.write_text("second")
        assert first.exists()
    assert path.read_text() == "first"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_errors_keep_the_old_file(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail():
        with replace_file(path) as new:
            new.write_text("half")
            raise error

    with pytest.raises((KeyboardInterrupt, OSError)) as caught:
        fail()
    assert os.listdir(tmp_path) == ["a.txt"]
    assert path.read_text() == "old"
    if isinstance(error, OSError):
        assert caught.value.filename == str(path)


def test_permission_is_checked_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("skgenomics._utils.files.os.access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="is read-only"):
        check_writable(tmp_path / "new.txt")
    (tmp_path / "old.txt").write_text("old")
    with pytest.raises(PermissionError, match="is not writable"):
        check_writable(tmp_path / "old.txt")


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_keeps_the_old_file(tmp_path):
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted")
    try:
        path = tmp_path / "a.txt"
        path.write_text("old")
        with pytest.raises(OSError, match=r"No space left on device: .*a\.txt"), \
                replace_file(path) as new:  # fmt: skip
            new.write_bytes(bytes(2**21))
        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["a.txt"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
