"""Public names are documented: every parameter and fitted attribute, and an example that runs."""

import inspect

import pytest
from fitted_examples import fit_example
from numpydoc.docscrape import ClassDoc, FunctionDoc
from numpydoc.validate import validate
from sklearn.base import BaseEstimator

import skgenomics
from skgenomics import (
    autoencoders,
    datasets,
    genome,
    inspection,
    metrics,
    model_selection,
    motifs,
    multiview,
    negatives,
    sampling,
    sequences,
    testing,
    uncertainty,
    zoo,
)

MODULES = (
    *(skgenomics, datasets, genome, inspection, metrics, model_selection, motifs, negatives),
    *(multiview, autoencoders, sampling, sequences, testing, uncertainty, zoo),
)
PACKAGES = (
    *MODULES,
    *(skgenomics.encoding, skgenomics.estimators, skgenomics.language_models),
    *(skgenomics.networks, skgenomics.pretrained, skgenomics.training),
    skgenomics.alphabets,
)
ESTIMATORS = [
    value
    for name in skgenomics.__all__
    if inspect.isclass(value := getattr(skgenomics, name)) and issubclass(value, BaseEstimator)
]
CLASSES = [
    *ESTIMATORS,
    *(
        value
        for module in (genome, inspection, metrics, model_selection, sampling)
        for name in module.__all__
        if inspect.isclass(value := getattr(module, name))
    ),
]
# They come from functions, which document what they hold.
RESULTS = {"Attributions", "Comparison", "CompletenessWarning", "Interval", "LeakageReport"}
FUNCTIONS = [
    value
    for module in MODULES
    for name in (getattr(module, "__all__", None) or dir(module))
    if inspect.isfunction(value := getattr(module, name))
    and value.__module__.startswith("skgenomics")
    and not name.startswith(("_", "check_"))
]


def documented(section):
    return {name.strip(" *") for entry in section for name in entry.name.split(",")}


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls.__name__ not in RESULTS])
def test_parameters_of_classes(cls):
    doc = ClassDoc(cls)
    assert documented(doc["Parameters"]) == set(inspect.signature(cls).parameters)
    assert all(entry.desc for entry in doc["Parameters"])
    assert any(">>>" in line for line in doc["Examples"])


@pytest.mark.slow
@pytest.mark.parametrize("cls", ESTIMATORS)
def test_fitted_attributes_of_classes(cls, tmp_path):
    estimator = fit_example(cls, tmp_path)
    fitted = {name for name in vars(estimator) if name.endswith("_") and name[0] != "_"}
    undocumented = fitted - documented(ClassDoc(cls)["Attributes"])
    assert not undocumented


@pytest.mark.parametrize("cls", [getattr(sampling, name) for name in sampling.__all__])
def test_fitted_attributes_of_samplers(cls, tmp_path):
    sampler = fit_example(cls, tmp_path)
    fitted = {name for name in vars(sampler) if name.endswith("_") and name[0] != "_"}
    fitted -= {"resampled_"}
    assert not fitted - documented(ClassDoc(cls)["Attributes"])


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_parameters_of_functions(function):
    doc = FunctionDoc(function)
    parameters = set(inspect.signature(function).parameters)
    if doc["Parameters"] or len(parameters) > 1:
        assert documented(doc["Parameters"]) == parameters
    assert doc["Examples"]


# The errors of numpydoc that count. Left out: "See Also" and "Examples" on every method, and
# extended summaries.
ERRORS = {
    *("GL01", "GL02", "GL03", "GL05", "GL06", "GL07", "GL08", "GL10"),
    *("SS01", "SS02", "SS03", "SS04", "SS05"),
    *("PR01", "PR02", "PR03", "PR04", "PR05", "PR06", "PR07", "PR08", "PR10"),
    *("RT01", "RT03", "RT04", "RT05", "YD01", "SA02", "SA03", "SA04"),
}


def is_ours(value):
    value = getattr(value, "fget", value)
    return str(getattr(value, "__module__", "")).startswith("skgenomics")


def find_documented():
    """Return the dotted names of public functions, classes and their own public methods."""
    names = {}
    for package in PACKAGES:
        for name in getattr(package, "__all__", ()):
            value = getattr(package, name)
            if not is_ours(value) or not (inspect.isclass(value) or inspect.isfunction(value)):
                continue
            path = f"{value.__module__}.{value.__qualname__}"
            names[path] = None
            if inspect.isclass(value):
                for method, function in inspect.getmembers(value):
                    is_method = inspect.isroutine(function) or isinstance(function, property)
                    if method[0] != "_" and is_method and is_ours(function):
                        names[f"{path}.{method}"] = None
    return list(names)


@pytest.mark.parametrize("name", find_documented())
def test_numpydoc(name):
    errors = [f"{code} {text}" for code, text in validate(name)["errors"] if code in ERRORS]

    assert not errors
