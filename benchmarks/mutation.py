"""Mutation testing: the share of small faults, drawn at random, that the tests find.

Run from the root of the repository::

    python benchmarks/mutation.py --n-mutants 300 --seed 0 --budget 2700

1. The tests of the mutated folders run once and record which test executes which line (kept in
   ``--map``, a JSON file, and reused if it exists). Tests marked ``slow`` are left out, tests that
   need more than ``--cap`` seconds are stopped and not used, and each test file is given
   ``--file-budget`` seconds, so that every file takes part in the map.
2. A seeded random sample of mutants is drawn: comparisons, arithmetic and boolean operators,
   constants, negated conditions, removed statements and returned values, masks that select
   everything. Files with functions compiled by numba, docstrings, annotations, error messages,
   module-level code and the defaults of parameters are left out; the last are choices by
   measurement, and a neighboring value is as right.
3. Each mutant is tested in a fork of a process that has already imported the dependencies, by the
   tests that execute its line: those of the file of the same name first, the fastest first, up to
   ``--seconds`` of them. The first failure ends the run.

mutmut 3 has a similar fork server, but replaces each function by a dispatcher, which breaks
numba's compiled functions and skips decorated ones, and draws no sample; cosmic-ray starts one
interpreter per mutant, which takes 8 seconds to import torch.
"""

import argparse
import ast
import copy
import gc
import importlib
import importlib.machinery
import json
import os
import pkgutil
import random
import re
import resource
import signal
import sys
import time
from pathlib import Path

FOLDERS = ("estimators", "training", "sampling", "model_selection", "metrics")
COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
QUICK = ["-q", "-p", "no:cacheprovider", "-W", "ignore"]


# Mutants -----------------------------------------------------------------------------------------


def replace(node, **fields):
    """Copy a node and change some of its fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def mutate_expression(node):
    """Yield pairs of operator name and replacement of one expression."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            yield "comparison", replace(node, ops=[COMPARISONS[type(op)]()])
        case ast.BinOp(op=op) if type(op) in OPERATORS and not isinstance(node.left, ast.JoinedStr):
            yield "arithmetic", replace(node, op=OPERATORS[type(op)]())
        case ast.BoolOp(op=op):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "boolean", replace(node, op=other)
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub(), operand=operand):
            yield "unary", operand
        case ast.Constant(value=bool(value)):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield "constant", ast.Constant(value + 1)
        case ast.IfExp(test=test):
            yield "condition", replace(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.Subscript(slice=ast.Compare() | ast.Name() | ast.UnaryOp(op=ast.Invert())):
            if isinstance(node.ctx, ast.Load):
                yield "mask", replace(node, slice=ast.Constant(...))


def mutate_statement(node):
    """Yield pairs of operator name and replacement of one statement."""
    match node:
        case ast.If(test=test) | ast.While(test=test):
            # Only the condition is replaced, by `mutate_file`.
            yield "condition", ast.UnaryOp(ast.Not(), test)
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise():
            yield "removal", ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "removal", ast.Pass()
        case ast.Return(value=value) if value is not None and not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield "return", ast.Return(ast.Constant(None))
        case ast.Break():
            yield "jump", ast.Continue()
        case ast.Continue():
            yield "jump", ast.Break()


def is_message(node):
    """Tell whether a call builds or emits a message for the user."""
    if isinstance(node, ast.JoinedStr | ast.Raise):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    return "warn" in name or "print" in name or name.endswith(("Error", "Warning"))


def walk_body(node, statement=None):
    """Yield pairs of a node and the statement around it, without messages and annotations."""
    if isinstance(node, ast.stmt):
        statement = node
    yield node, statement
    if is_message(node):
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "args") and isinstance(
            node, ast.FunctionDef | ast.Lambda | ast.AnnAssign
        ):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not (
                isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            ):
                yield from walk_body(child, statement)


def find_mutants(path):
    """Yield the mutants of the functions of a file as dictionaries."""
    source = path.read_text()
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = source.encode()
    tree = ast.parse(source)
    functions = [
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef)
        for child in node.body
        if isinstance(child, ast.FunctionDef)
    ]
    for function in functions:
        for statement in function.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            for node, around in walk_body(statement):
                mutate = mutate_statement if isinstance(node, ast.stmt) else mutate_expression
                for operator, new in mutate(node):
                    is_test = operator == "condition" and isinstance(node, ast.If | ast.While)
                    old = node.test if is_test else node
                    begin = starts[old.lineno - 1] + old.col_offset
                    end = starts[old.end_lineno - 1] + old.end_col_offset
                    text = ast.unparse(ast.fix_missing_locations(new))
                    if isinstance(new, ast.expr):
                        text = f"({text})"
                    changed = data[:begin] + text.encode() + data[end:]
                    yield {
                        "file": str(path),
                        "line": old.lineno,
                        "operator": operator,
                        "before": " ".join(data[begin:end].decode().split()),
                        "after": text,
                        "source": changed.decode(),
                        "lines": find_lines(around),
                    }


def find_lines(statement):
    """Return the lines whose execution tells that a statement was reached."""
    if isinstance(statement, ast.If | ast.While):
        return list(range(statement.lineno, statement.test.end_lineno + 1))
    if isinstance(statement, ast.For | ast.With | ast.Try | ast.FunctionDef):
        return [statement.lineno]
    return list(range(statement.lineno, statement.end_lineno + 1))


def is_valid(mutant):
    """Tell whether a mutant compiles to other code than the original."""
    try:
        new = compile(mutant["source"], mutant["file"], "exec", optimize=2)
    except (SyntaxError, ValueError):
        return False
    old = compile(Path(mutant["file"]).read_text(), mutant["file"], "exec", optimize=2)
    return new != old


def draw_mutants(folders, n_mutants, seed):
    """Draw a random sample of mutants, in random order."""
    files = [path for name in folders for path in sorted(Path("skgenomics", name).rglob("*.py"))]
    # A mutant of functions that numba compiles takes half a minute of compilation.
    files = [path for path in files if "njit" not in path.read_text()]
    mutants = [mutant for path in files for mutant in find_mutants(path)]
    random.Random(seed).shuffle(mutants)
    sample = []
    for mutant in mutants:
        if len(sample) == n_mutants:
            break
        if is_valid(mutant):
            sample.append(mutant)
    return sample, len(mutants)


# Tests -------------------------------------------------------------------------------------------


class Recorder:
    """Pytest plugin that records the lines of the mutated folders that each test executes."""

    def __init__(self, folders, cap, file_budget):
        import coverage

        self.cap, self.file_budget, self.spent = cap, file_budget, {}
        include = [f"skgenomics/{name}/*" for name in folders]
        self.coverage = coverage.Coverage(data_file=None, include=include)
        self.seconds, self.lines = {}, {}

    def pytest_runtest_setup(self, item):
        import pytest

        if self.spent.get(item.path, 0) > self.file_budget:
            pytest.skip("the time of this file is used up")

    def pytest_runtest_call(self, item):
        # A test that takes longer fails here and is not used.
        signal.signal(signal.SIGPROF, self.stop)
        signal.setitimer(signal.ITIMER_PROF, self.cap)

    def pytest_runtest_teardown(self, item):
        signal.setitimer(signal.ITIMER_PROF, 0)

    @staticmethod
    def stop(number, frame):
        raise TimeoutError("this test takes too long to be used for mutants")

    def pytest_runtest_logreport(self, report):
        path = Path(report.fspath).resolve()
        self.spent[path] = self.spent.get(path, 0) + report.duration
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.failed or report.skipped:
            self.seconds[report.nodeid] = float("nan")

    def pytest_runtest_logstart(self, nodeid):
        self.coverage.start()
        self.coverage.switch_context(nodeid)

    def pytest_runtest_logfinish(self):
        self.coverage.stop()

    def collect(self):
        data = self.coverage.get_data()
        for file in data.measured_files():
            path = os.path.relpath(file)
            for line, tests in data.contexts_by_lineno(file).items():
                for test in filter(None, tests):
                    self.lines.setdefault(path, {}).setdefault(str(line), []).append(test)
        return {"seconds": self.seconds, "lines": self.lines}


def record_tests(folders, extra, cap, file_budget, output):
    """Run the tests of the folders once and write which lines each of them executes."""
    import pytest

    importlib.import_module("torch._dynamo")
    paths = [f"tests/{name}" for name in folders] + [f"skgenomics/{name}" for name in folders]
    recorder = Recorder(folders, cap, file_budget)
    pytest.main([*QUICK, "-m", "not slow", *paths, *extra], plugins=[recorder])
    Path(output).write_text(json.dumps(recorder.collect()))


def choose_tests(mutant, record, seconds):
    """Return the tests that execute a mutant, the mirrored file's and the fastest first."""
    by_line = record["lines"].get(mutant["file"], {})
    tests = {test for line in mutant["lines"] for test in by_line.get(str(line), ())}
    stem = Path(mutant["file"]).stem.strip("_")
    times = record["seconds"]
    tests = [test for test in tests if times.get(test, 0) == times.get(test, 0)]
    tests.sort(key=lambda test: (f"test_{stem}" not in test, times.get(test, 0), test))
    chosen, total = [], 0.0
    for test in tests:
        total += times.get(test, 0)
        if chosen and total > seconds:
            continue
        chosen.append(test)
    return chosen, len(tests)


def preload():
    """Import the package once for the sake of its dependencies, then forget the package."""
    import hypothesis  # noqa: F401
    import pytest  # noqa: F401

    package = importlib.import_module("skgenomics")
    for module in pkgutil.walk_packages(package.__path__, "skgenomics."):
        if "__main__" not in module.name:
            importlib.import_module(module.name)
    # The first optimizer of a process imports torch._dynamo, which takes seconds.
    for name in ("sklearn.utils.estimator_checks", "torch._dynamo"):
        importlib.import_module(name)
    for name in list(sys.modules):
        if name.partition(".")[0] in ("skgenomics", "tests", "benchmarks"):
            del sys.modules[name]


def run_child(mutant, tests, cpu_limit, log):
    """Run tests on a mutant; called in a forked process, which it ends."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_limit, cpu_limit + 1))
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    target = os.path.abspath(mutant["file"])
    original = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader, fullname):
        if os.path.abspath(loader.path) == target:
            return compile(mutant["source"], target, "exec", dont_inherit=True)
        return original(loader, fullname)

    importlib.machinery.SourceFileLoader.get_code = get_code
    import pytest

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    code = pytest.main([*QUICK, "-x", "--assert=plain", *tests])
    os._exit(int(code))


def run_mutant(mutant, tests, cpu_limit, log):
    """Return the result of the tests on one mutant, and the test that failed."""
    if not tests:
        return "no test", ""
    child = os.fork()
    if child == 0:
        try:
            run_child(mutant, tests, cpu_limit, log)
        finally:
            os._exit(99)
    # Processor time limits a loop without end, wall time one that waits.
    end = time.monotonic() + 10 * cpu_limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            if code in (-signal.SIGXCPU, -signal.SIGKILL):
                return "timeout", ""
            text = Path(log).read_text(errors="replace")
            failed = re.search(r"^(?:FAILED|ERROR) (\S.*)", text, re.M)
            killer = failed[1] if failed else text[-200:]
            return {0: "survived", 5: "no test"}.get(code, "killed"), killer
        time.sleep(0.05)
    for end_group in (os.killpg, os.kill):
        try:
            end_group(child, signal.SIGKILL)
        except ProcessLookupError:
            continue
    os.waitpid(child, 0)
    return "timeout", ""


# Report ------------------------------------------------------------------------------------------


def escape(text):
    """Shorten a piece of code and make it fit for a cell of a Markdown table."""
    text = text if len(text) < 90 else text[:87] + "..."
    return "`" + text.replace("|", "\\|").replace("`", "'") + "`"


def write_report(results, n_all, seed, output):
    """Write the shares and a table of the mutants that were not killed."""
    counts = dict.fromkeys(("killed", "timeout", "survived", "no test"), 0)
    by_folder = {}
    for result in results:
        counts[result["result"]] += 1
        folder = Path(result["file"]).parts[1]
        by_folder.setdefault(folder, []).append(result["result"] in ("killed", "timeout"))
    caught = counts["killed"] + counts["timeout"]
    text = [
        f"{len(results)} of {n_all} mutants drawn (seed {seed}): {caught} found "
        f"({caught / max(len(results), 1):.1%}; {counts['timeout']} of them by timeout), "
        f"{counts['survived']} survived, {counts['no test']} executed by no test of the folders.",
        "",
        "| folder | mutants | found |",
        "|---|---:|---:|",
        *(f"| {k} | {len(v)} | {sum(v) / len(v):.0%} |" for k, v in sorted(by_folder.items())),
        "",
        "| result | file | line | operator | before | after | tests |",
        "|---|---|---:|---|---|---|---:|",
    ]
    for r in sorted(results, key=lambda r: (r["file"], r["line"])):
        if r["result"] not in ("killed",):
            cells = [r["result"], r["file"].removeprefix("skgenomics/"), str(r["line"])]
            cells += [r["operator"], escape(r["before"]), escape(r["after"])]
            text.append("| " + " | ".join([*cells, f"{r['n_tests']}/{r['n_all']}"]) + " |")
    Path(output).write_text("\n".join(text) + "\n")


def main():
    """Draw mutants, test them and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folders", nargs="+", default=FOLDERS)
    parser.add_argument("--n-mutants", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=float, default=2700, help="seconds for all mutants")
    parser.add_argument("--seconds", type=float, default=10, help="of tests, per mutant")
    parser.add_argument("--cap", type=float, default=5, help="processor seconds, per test")
    parser.add_argument("--file-budget", type=float, default=45, help="seconds, per test file")
    parser.add_argument("--timeout", type=int, default=90, help="processor seconds, per mutant")
    parser.add_argument("--tests", nargs="*", default=[], help="test files beside the mirrored")
    parser.add_argument("--map", default="mutation_map.json")
    parser.add_argument("--only", nargs="*", help="test the mutants of these folders only")
    parser.add_argument("--output", default="mutation.md")
    args = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("SCIPY_ARRAY_API", "1")
    if not Path(args.map).exists():
        # In a process of its own: this one must not load the package's modules.
        if os.fork() == 0:
            record_tests(args.folders, args.tests, args.cap, args.file_budget, args.map)
            os._exit(0)
        os.wait()
    record = json.loads(Path(args.map).read_text())
    sample, n_all = draw_mutants(args.folders, args.n_mutants, args.seed)
    sample = [m for m in sample if Path(m["file"]).parts[1] in (args.only or args.folders)]
    preload()
    # What was imported until here is not looked at again by the garbage collector.
    gc.freeze()
    end = time.monotonic() + args.budget
    state = Path(f"{args.output}.json")
    results = json.loads(state.read_text())["results"] if state.exists() else []
    log = f"{args.output}.log"
    for mutant in sample[len(results) :]:
        if time.monotonic() > end:
            break
        tests, n_tests = choose_tests(mutant, record, args.seconds)
        start = time.monotonic()
        result, killer = run_mutant(mutant, tests, args.timeout, log)
        results.append(
            mutant | {"result": result, "killer": killer, "n_tests": len(tests), "n_all": n_tests}
        )
        print(
            f"{len(results)}/{len(sample)} {result} {time.monotonic() - start:.0f} s "
            f"{mutant['file']}:{mutant['line']} {mutant['before'][:60]} -> {mutant['after'][:60]}",
            flush=True,
        )
        for r in results:
            r.pop("source", None)
        state.write_text(json.dumps({"n_all": n_all, "results": results}))
    write_report(results, n_all, args.seed, args.output)


if __name__ == "__main__":
    main()
