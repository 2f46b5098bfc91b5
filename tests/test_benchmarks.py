"""The runner of the benchmarks: all scripts are suites, and changed figures are found."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def runner():
    spec = importlib.util.spec_from_file_location("benchmark_runner", FOLDER / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_script_is_a_suite_and_says_what_it_measures(runner):
    suites = runner.list_suites()
    scripts = [path for path in FOLDER.glob("*.py") if path.stem not in runner.NO_SUITES]
    assert set(suites) == {path.stem for path in scripts}
    assert all(suites.values())
    assert set(runner.QUICK) <= set(suites)
    # They write where the runner reads.
    strays = [p.name for p in scripts if 'parent / "results"' in p.read_text()]
    assert not strays


def test_tables_are_read_and_changes_found(runner):
    text = "Words\n\n| net | s | rate |\n|---|---:|---|\n| a | 1.00 | 1,000 |\n| b | **2** | x |\n"
    (table,) = runner.read_tables(text)
    assert table == [["net", "s", "rate"], ["a", "1.00", "1,000"], ["b", "**2**", "x"]]
    later = [table[0], ["b", "2.1", "y"], ["a", "1.05", "1,300"]]

    def page(one, command="python benchmarks/x.py"):
        return {"suites": {"x": {"command": command, "tables": [one]}}}

    assert runner.compare(page(later), page(table)) == [["x", "a", "rate", "1,000", "1,300"]]
    assert runner.compare(page(later), page(table, "python benchmarks/x.py --quick")) == []
    assert runner.compare(page(later), {}) == []


def test_a_run_writes_a_page_and_leaves_the_results(runner, tmp_path):
    whole = FOLDER / "results" / "composition.md"
    before = whole.stat().st_mtime_ns
    command = [sys.executable, "-m", "benchmarks", "--quick", "composition", "-o"]
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parent)}
    subprocess.run(
        [*command, str(tmp_path / "page.md")], check=True, cwd=FOLDER.parent, env=environment
    )
    page = (tmp_path / "page.md").read_text()
    assert "| composition |" in page
    assert "| CNNClassifier | yes |" in page
    assert (tmp_path / "page.json").exists()
    assert whole.stat().st_mtime_ns == before
    failed = subprocess.run([*command[:3], "nothing"], cwd=FOLDER.parent, capture_output=True)
    assert failed.returncode == 2
    assert b"no suite 'nothing'" in failed.stderr
