"""Input validation: which forms of X are read, and which input is refused."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import preprocessing
from sklearn.compose import ColumnTransformer

from skgenomics import (
    Autoencoder,
    CNNClassifier,
    KmerCounter,
    KmerTokenizer,
    MaskedLanguageModel,
    MLPClassifier,
    MotifScanner,
    OneHotEncoder,
    OrdinalEncoder,
    SequenceVAE,
)
from skgenomics.inspection import scan_motifs
from skgenomics.motifs import Motif
from skgenomics.sampling import ReverseComplementOverSampler
from skgenomics.sequences import encode
from skgenomics.testing import make_text

TEXTS = ["ACGTN", "ggc", "TTTTT"]
CODES = np.array([[0, 1, 2, 3, 4], [2, 2, 1, 4, 4], [3, 3, 3, 3, 3]], dtype=np.uint8)
ONE_HOT = np.eye(5, 4, dtype=np.float32)[CODES]
ENCODERS = [OrdinalEncoder(), OneHotEncoder(), KmerCounter(k=2)]

TEXT_FORMS = {
    "list": TEXTS,
    "tuple": tuple(TEXTS),
    "list of lists": [[text] for text in TEXTS],
    "object": np.array(TEXTS, dtype=object),
    "U": np.array(TEXTS),
    "S": np.array(TEXTS, dtype="S"),
    "StringDType": np.array(TEXTS, dtype=np.dtypes.StringDType()),
    "column": np.array(TEXTS, dtype=object)[:, np.newaxis],
    "Series of object": pd.Series(TEXTS, dtype=object),
    "Series of str": pd.Series(TEXTS, dtype="str", index=[7, 7, 2]),
    "Series of string": pd.Series(TEXTS, dtype="string"),
    "Series of category": pd.Series(TEXTS, dtype="category"),
    "Index": pd.Index(TEXTS),
    "frame": pd.DataFrame({"sequence": TEXTS}),
    "lower case": [text.lower() for text in TEXTS],
    "RNA": [text.replace("T", "U") for text in TEXTS],
}
NUMBER_FORMS = {
    "codes": CODES,
    "frame of codes": pd.DataFrame(CODES),
    "frame of nullable codes": pd.DataFrame(CODES, dtype="UInt8"),
    "(n, L, C)": ONE_HOT,
    "(n, C, L)": ONE_HOT.transpose(0, 2, 1),
    "uint8 (n, L, C)": ONE_HOT.astype(np.uint8),
    "flat": ONE_HOT.reshape(3, -1),
    "float64": ONE_HOT.reshape(3, -1).astype(float),
    "list of lists": ONE_HOT.reshape(3, -1).tolist(),
    "frame": pd.DataFrame(ONE_HOT.reshape(3, -1)),
    "soft": 0.3 * ONE_HOT.reshape(3, -1),
}
ALL_FORMS = TEXT_FORMS | {f"numbers: {name}": X for name, X in NUMBER_FORMS.items()}


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("name", ALL_FORMS)
def test_all_forms_agree_in_fit_and_after_it(name):
    X = ALL_FORMS[name]
    # Only text is padded; codes and channels hold what they hold.
    expected = encode(TEXTS) if name in TEXT_FORMS else CODES
    assert_array_equal(OrdinalEncoder().fit_transform(X), expected)
    for form in (TEXTS, CODES, ONE_HOT):
        assert_array_equal(OrdinalEncoder().fit(form).transform(X), expected)
    for encoder in ENCODERS:
        assert_array_equal(encoder.fit_transform(X) > 0, encoder.fit_transform(TEXTS) > 0)


@pytest.mark.parametrize(
    ("X", "form", "n_features"),
    [(TEXTS, "text", 1), (CODES, "codes", 5), (ONE_HOT, "channels", 20)],
)
def test_fitted_attributes(X, form, n_features):
    encoder = OneHotEncoder().fit(X)
    assert (encoder.input_form_, encoder.n_features_in_) == (form, n_features)
    assert (encoder.length_, encoder.n_channels_) == (5, 4)


def test_names_of_columns_follow_the_last_fit():
    encoder = OneHotEncoder().fit(TEXT_FORMS["frame"])
    assert encoder.feature_names_in_.tolist() == ["sequence"]
    with pytest.raises(ValueError, match="feature names should match"):
        encoder.transform(pd.DataFrame({"label": TEXTS}))
    assert_array_equal(encoder.transform(TEXTS), encoder.transform(ONE_HOT))
    assert not hasattr(encoder.fit(TEXTS), "feature_names_in_")


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
@pytest.mark.parametrize("X", [np.array(TEXTS), CODES, ONE_HOT, ONE_HOT.reshape(3, -1)])
def test_X_is_never_modified(encoder, X):
    X = X.copy()
    before = X.copy()
    X.setflags(write=False)
    encoder.fit_transform(X)
    assert_array_equal(X, before)


def test_the_last_axis_is_the_channels_on_a_tie():
    X = np.zeros((1, 4, 4))
    X[0, 0, 1] = 1
    assert OrdinalEncoder().fit_transform(X).tolist() == [[1, 4, 4, 4]]


def test_a_narrow_table_is_padded_to_whole_positions():
    X = np.arange(1, 7, dtype=float).reshape(1, 6)
    assert OneHotEncoder().fit_transform(X).tolist() == [[1, 2, 3, 4, 5, 6, 0, 0]]


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros((2, 5, 3)), ValueError, r"neither its second nor its third axis .* 4 channels"),
        (np.array([[0, 6]], dtype=np.uint8), ValueError, "code 6 at position 1, .* SMOTE"),
        (np.array([[0, 255]], dtype=np.uint8), ValueError, "use SMOTEN or a random sampler"),
        (ONE_HOT[2:].reshape(1, -1).astype(np.uint8), ValueError, r"astype\('float32'\)"),
        ([[1.0, np.nan]], ValueError, "contains NaN"),
        ([[1.0, np.inf]], ValueError, "contains infinity"),
        (np.empty((0, 4)), ValueError, r"0 sample\(s\)"),
        (np.empty((0, 4), dtype=np.uint8), ValueError, r"0 sample\(s\)"),
        (np.empty((3, 0)), ValueError, r"0 feature\(s\)"),
        ([], ValueError, r"0 sample\(s\)"),
        (pd.Series([], dtype="str"), ValueError, r"0 sample\(s\)"),
        ([[0, 1, 2], [0, 1]], ValueError, "inhomogeneous"),
        (np.zeros(8), ValueError, "Expected 2D array"),
        (["ACGT", None], TypeError, "sequence 1 is None"),
        (pd.Series(["ACGT", np.nan]), TypeError, "sequence 1 is nan"),
        (["ACGT", 1.5], TypeError, "sequence 1 is 1.5 of type float"),
        (["ACGT", "ACET"], ValueError, "sequence 1 has 'E' at position 2"),
        (["ACGT", "ACGU"], ValueError, "mixes RNA and DNA"),
        ("ACGT", ValueError, "put it in a list"),
        (pd.DataFrame({"a": ["A"], "b": ["C"]}), ValueError, "one column of sequences"),
    ],
)
def test_errors(encoder, X, error, message):
    for call in (encoder.fit_transform, encoder.fit(TEXTS).transform):
        with pytest.raises(error, match=message):
            call(X)


@pytest.mark.parametrize("encoder", [*ENCODERS, KmerTokenizer(k=2, stride=2)], ids=str)
def test_an_empty_sequence_is_padding_alone_and_in_a_batch(encoder):
    with pytest.raises(ValueError, match="every sequence is empty"):
        encoder.fit(["", ""])
    encoder.fit(TEXTS)
    in_batch = encoder.transform(["", TEXTS[0]])[:1]
    alone = encoder.transform([""])
    assert_array_equal(alone, in_batch[:, : alone.shape[1]])
    assert_array_equal(encoder.transform(["", ""]), np.vstack([alone, alone]))


def sequences(n=30, length=40):
    symbols = np.random.default_rng(0).choice(list("ACGT"), (n, length))
    return ["".join(row) for row in symbols]


TATA = Motif("TATA", np.eye(4)[[3, 0, 3, 0]])
INTEGER_CODES = {
    "int64": lambda codes: codes.astype(np.int64),
    "float32": lambda codes: codes.astype(np.float32),
    "list of lists": lambda codes: codes.astype(int).tolist(),
    "frame": lambda codes: pd.DataFrame(codes.astype(int)),
    "object": lambda codes: codes.astype(object),
    "-1 for unknown": lambda codes: np.where(codes == 4, -1, codes.astype(int)),
}
READERS = {
    "CNNClassifier": lambda X, y: CNNClassifier(max_iter=1).fit(X, y),
    "MaskedLanguageModel": lambda X, y: MaskedLanguageModel(max_iter=1).fit(X),
    "SequenceVAE": lambda X, y: SequenceVAE(max_iter=1).fit(X),
    "ReverseComplementOverSampler": lambda X, y: ReverseComplementOverSampler().fit_resample(X, y),
    "scan_motifs": lambda X, y: scan_motifs([TATA], X),
    **{
        type(encoder).__name__: lambda X, y, encoder=encoder: encoder.fit_transform(X)
        for encoder in [*ENCODERS, MotifScanner([np.full((3, 4), 0.25)])]
    },
}


@pytest.mark.parametrize("form", INTEGER_CODES)
def test_codes_must_be_uint8(form):
    codes = OrdinalEncoder().fit_transform(sequences())
    X = INTEGER_CODES[form](codes)
    with pytest.raises(ValueError, match=r"dtype='uint8'|X.astype\('uint8'\)") as error:
        OneHotEncoder().fit_transform(X)
    assert "skgenomics.OrdinalEncoder" in str(error.value)
    one_hot = OneHotEncoder().fit_transform(np.array(X).astype(np.uint8))
    assert_array_equal(one_hot, OneHotEncoder().fit_transform(sequences()))


@pytest.mark.parametrize("name", READERS)
def test_every_reader_refuses_integers_as_bases(name):
    codes = OrdinalEncoder().fit_transform(sequences())
    y = np.arange(len(codes)) % 3 > 0
    sklearn_codes = preprocessing.OrdinalEncoder().fit_transform([list(x) for x in sequences()])
    for X in (codes.astype(int), sklearn_codes):
        with pytest.raises(ValueError, match="only uint8 is read as codes"):
            READERS[name](X, y)


def test_a_model_of_sequences_refuses_integers_in_predict():
    X = sequences()
    classifier = CNNClassifier(max_iter=1).fit(X, np.arange(len(X)) % 2)
    # Few of these are above 1, as in a table of counts, but sequences are expected here.
    rare = np.zeros((3, 40), dtype=int)
    rare[0, 0] = 2
    for codes in (OrdinalEncoder().fit_transform(X).astype(int), rare):
        with pytest.raises(ValueError, match="only uint8 is read as codes"):
            classifier.predict(codes)


def test_tables_of_counts_pass():
    counts = KmerCounter(k=3).fit_transform(sequences())
    assert counts.max() > 1
    y = np.arange(len(counts)) % 2
    classifier = MLPClassifier(max_iter=1).fit(counts, y)
    assert (classifier.input_form_, classifier.length_, classifier.n_channels_) == ("table", 64, 1)
    codes = np.random.default_rng(0).integers(0, 5, (30, 40))
    with pytest.raises(ValueError, match="set n_channels=1"):
        MLPClassifier(max_iter=1).fit(codes, y)
    assert MLPClassifier(max_iter=1, n_channels=1).fit(codes, y).length_ == 40


@pytest.mark.parametrize("n_columns", [2, 10, 50, 52])
def test_a_table_has_one_channel_for_each_column(n_columns):
    X = np.random.default_rng(0).normal(size=(30, n_columns))
    y = (X[:, 0] > 0).astype(int)
    encoder = Autoencoder(max_iter=1).fit(X)
    classifier = MLPClassifier(max_iter=1, pretrained=encoder).fit(X, y)
    assert (classifier.input_form_, classifier.n_channels_) == ("table", 1)
    assert (classifier.length_, classifier.is_sequence_) == (n_columns, False)
    assert classifier.transferred_
    # Once it is known to be a table, values are not looked at.
    assert len(classifier.predict(np.rint(np.abs(X)))) == 30
    with pytest.raises(ValueError, match=f"table of {n_columns} numeric columns"):
        classifier.predict(["ACGT"])
    with pytest.raises(ValueError, match="features"):
        classifier.predict(X[:, 1:])


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (OrdinalEncoder(), "columns 0 to 39 look like codes"),
        (OneHotEncoder(), "columns 0 to 159 look like one-hot"),
    ],
    ids=str,
)
def test_numbers_beside_a_sequence(encoder, message):
    X = pd.DataFrame({"sequence": sequences(), "age": np.linspace(-1, 9, 30)})
    table = ColumnTransformer([("s", encoder, "sequence")], remainder="passthrough")
    X = table.fit_transform(X)
    with pytest.warns(UserWarning, match=f"{message}.* MultiViewClassifier"):
        CNNClassifier(max_iter=1).fit(X, np.arange(30) % 2)
    with pytest.raises(ValueError, match=r"look like .* OneHotEncoder needs sequences alone"):
        OneHotEncoder().fit(X)


def test_tables_without_a_sequence_raise_no_warning():
    rng = np.random.default_rng(0)
    tables = rng.normal(size=(40, 60)), rng.poisson(0.5, size=(40, 60)), rng.random((40, 60)) < 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for X in tables:
            assert MLPClassifier(max_iter=1).fit(X, np.arange(40) % 2).input_form_ == "table"


def test_mixtures_and_extrapolations_of_one_hot_are_sequences():
    hot = OneHotEncoder().fit_transform(sequences())
    for X in (0.7 * hot + 0.3 * hot[::-1], 1.5 * hot - 0.5 * hot[::-1], 0.5 * hot):
        classifier = CNNClassifier(max_iter=1).fit(X, np.arange(30) % 2)
        assert (classifier.input_form_, classifier.length_) == ("channels", 40)


def test_columns_that_are_no_whole_number_of_positions():
    classifier = CNNClassifier(max_iter=1).fit(sequences(), np.arange(30) % 2)
    with pytest.raises(ValueError, match="X has 47 columns, which is not a multiple of 4"):
        classifier.predict(np.full((2, 47), 0.1))


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("genome.fa", ValueError, r"holds the path 'genome.fa' .*read_fasta\(path\)"),
        (["genome.fa"], ValueError, "holds the path 'genome.fa'"),
        (np.array(["tau.fasta.gz"]), ValueError, "holds the path 'tau.fasta.gz'"),
        (Path("genome.fa"), TypeError, "holds the path 'genome.fa'"),
        ([Path("genome.fa")], TypeError, "holds the path 'genome.fa'"),
        ({"a": "ACGT"}, TypeError, r"X is a dict .* `list\(X.values\(\)\)`"),
        ({"ACGT"}, TypeError, "X is a set, which has no order"),
        (iter(["ACGT"]), TypeError, r"X is a list_iterator, .* `list\(X\)`"),
    ],
)
@pytest.mark.parametrize("estimator", [CNNClassifier(max_iter=1), KmerCounter(k=1)], ids=str)
def test_objects_that_are_not_containers_of_sequences(estimator, X, error, message):
    with pytest.raises(error, match=message):
        estimator.fit(X, [0])


def test_pyarrow():
    pyarrow = pytest.importorskip("pyarrow")
    for X in (pyarrow.array(TEXTS), pyarrow.table({"sequence": TEXTS})):
        with pytest.raises(TypeError, match=r"X is a pyarrow \w+: pass `X.to_pandas\(\)`"):
            KmerCounter(k=1).fit(X)


def test_genuine_codes_of_0_and_1_pass_the_guard_on_one_hot():
    codes = np.array([[0, 1] * 10, [1, 1] * 10], dtype=np.uint8)
    assert_array_equal(OrdinalEncoder().fit_transform(codes), codes)
    sparse_codes = np.eye(16, dtype=np.uint8)
    assert_array_equal(OrdinalEncoder().fit_transform(sparse_codes), sparse_codes)


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()], ids=str)
@pytest.mark.parametrize("form", [TEXTS, CODES, ONE_HOT])
def test_sequences_longer_than_in_fit(encoder, form):
    encoder.fit(form)
    with pytest.raises(ValueError, match=r"length 6, but \w+ was fitted on length 5"):
        encoder.transform(["ACGTAC"])
    for X in (np.pad(CODES, ((0, 0), (0, 1))), np.pad(ONE_HOT, ((0, 0), (0, 1), (0, 0)))):
        with pytest.raises(
            ValueError, match=r"length 6, but .* length 5|expecting (5|20) features"
        ):
            encoder.transform(X)


def test_length_pads_text():
    assert OrdinalEncoder(length=7).fit_transform(["ACGT"]).tolist() == [[0, 1, 2, 3, 5, 5, 5]]
    with pytest.raises(ValueError, match="at most 3 is expected; crop it, or set `length`"):
        OrdinalEncoder(length=3).fit(["ACGT"])
    for length in (0, -1, 2.0, "3", True):
        with pytest.raises(ValueError, match="length must be None or a positive integer"):
            OrdinalEncoder(length=length).fit(["ACGT"])


@pytest.mark.parametrize("encoder", [OrdinalEncoder(), OneHotEncoder()])
@pytest.mark.parametrize("reader", [KmerCounter(), OneHotEncoder(), OrdinalEncoder()])
def test_encoders_refuse_numbers_beside_a_sequence(encoder, reader):
    """A narrow table would pass as channels, with zeros to fill up the last position."""
    X = np.hstack([encoder.fit_transform(make_text(30, 20)), np.linspace(-1, 1, 30)[:, None]])
    with pytest.raises(ValueError, match=r"columns 0 to \d+ of X look like .* select these"):
        reader.fit_transform(X)
