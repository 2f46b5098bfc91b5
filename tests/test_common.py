"""Scikit-learn's own checks on every public class, with no list of expected failures, and ours."""

import ast
import inspect
from pathlib import Path

import pytest
from instances import CHECKED_ELSEWHERE, DEFAULT_ESTIMATORS, EXACT_ESTIMATORS, TRANSFORMERS
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

import skgenomics
from skgenomics.testing import sequence_estimator_checks

COMPLETE = [*TRANSFORMERS, *EXACT_ESTIMATORS]
# A row of weight 2 and two copies of a row fall into other batches and under other dropout.
NEEDS_FULL_BATCHES = "check_sample_weight_equivalence_on_dense_data"


def check_name(check):
    return getattr(check, "func", check).__name__


def default_checks(estimator):
    for instance, check in estimator_checks_generator(estimator):
        if check_name(check) != NEEDS_FULL_BATCHES:
            yield instance, check


@parametrize_with_checks([estimator for estimator, _ in COMPLETE])
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [pair for estimator, _ in DEFAULT_ESTIMATORS for pair in default_checks(estimator)],
    ids=lambda x: type(x).__name__ if isinstance(x, BaseEstimator) else check_name(x),
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_on_defaults(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [pair for e, _ in DEFAULT_ESTIMATORS for pair in sequence_estimator_checks(e)],
    ids=lambda x: type(x).__name__ if isinstance(x, BaseEstimator) else check_name(x),
)
def test_text(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("estimator", "n_checks"), COMPLETE)
def test_no_check_is_left_out(estimator, n_checks):
    """A wrong tag would let scikit-learn skip most checks without a word."""
    assert len(list(estimator_checks_generator(estimator))) >= n_checks


@pytest.mark.parametrize(("estimator", "n_checks"), DEFAULT_ESTIMATORS)
def test_defaults_leave_one_check_out(estimator, n_checks):
    assert len(list(default_checks(estimator))) >= n_checks


def test_every_public_estimator_is_checked():
    public = {
        value
        for name in skgenomics.__all__
        if inspect.isclass(value := getattr(skgenomics, name)) and issubclass(value, BaseEstimator)
    }
    here = {type(estimator).__name__ for estimator, _ in [*COMPLETE, *DEFAULT_ESTIMATORS]}
    assert {cls.__name__ for cls in public} == here | CHECKED_ELSEWHERE.keys()


@pytest.mark.parametrize(("name", "file"), CHECKED_ELSEWHERE.items())
def test_checks_in_other_files(name, file):
    """The code of the file, not a comment, makes an instance and scikit-learn's checks of one."""
    nodes = list(ast.walk(ast.parse((Path(__file__).parent / file).read_text())))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    called = {
        node.func.id
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert name in used
    assert called & {"parametrize_with_checks", "estimator_checks_generator"}
