"""Displays show the values that they are given or compute."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skgenomics import CNNClassifier, OneHotEncoder, TransformerClassifier
from skgenomics.inspection.attribution.attribute import attribute
from skgenomics.inspection.displays import (
    AttentionDisplay,
    AttributionDisplay,
    LearningCurveDisplay,
    MotifDisplay,
    MutagenesisDisplay,
    SequenceLogoDisplay,
    VariantDisplay,
)
from skgenomics.inspection.experiments.internals import attention_map
from skgenomics.motifs import Motif, write_motifs
from skgenomics.sequences import encode
from skgenomics.testing import make_text

X = make_text(40, 30)
Y = np.arange(40) % 2
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    return CNNClassifier(n_filters=8, max_iter=2, random_state=0).fit(X, Y)


@pytest.fixture(scope="module")
def transformer():
    settings = {"d_model": 8, "n_heads": 2, "n_layers": 2, "max_iter": 1, "random_state": 0}
    return TransformerClassifier(stem_filters=(), **settings).fit(X, Y)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def one_motif(text, name="m"):
    return Motif(name, np.eye(4)[encode([text])[0]])


def heights_of(collection):
    """Return the lowest and the highest point of each path."""
    return [tuple(path.get_extents().get_points()[:, 1]) for path in collection.get_paths()]


class TestSequenceLogo:
    def test_symbols_share_the_information_of_their_position(self):
        motif = Motif("M1", [[0.5, 0.5, 0, 0], [0, 0, 1, 0]], alt_name="TF")
        display = SequenceLogoDisplay.from_motif(motif)
        np.testing.assert_allclose(display.heights, [[0.5, 0.5, 0, 0], [0, 0, 2, 0]])
        np.testing.assert_allclose(heights_of(display.logo_)[2], (0, 2), atol=0.01)
        assert display.ax_.get_ylim() == (0, 2)
        assert display.ax_.get_ylabel() == "bits"
        assert display.ax_.get_title() == "M1 TF"

    def test_a_uniform_motif_has_no_symbols(self):
        display = SequenceLogoDisplay.from_motif(Motif("flat", np.full((4, 4), 0.25)))
        assert not display.logo_.get_paths()

    def test_probabilities_and_matrices(self):
        motif = Motif("flat", np.full((4, 4), 0.25))
        display = SequenceLogoDisplay.from_motif(motif, kind="probability")
        assert display.ax_.get_ylim() == (0, 1)
        assert len(display.logo_.get_paths()) == 4
        display = SequenceLogoDisplay.from_matrix([[1.0, -1, 0, 0]], ylabel="weight", start=7)
        assert display.ax_.get_xlim() == (6.5, 7.5)
        assert display.ax_.get_ylim()[0] < -1
        with pytest.raises(ValueError, match="kind must be"):
            SequenceLogoDisplay.from_motif(motif, kind="bits")

    def test_the_given_axes_are_used(self):
        figure, (first, second) = plt.subplots(2)
        display = SequenceLogoDisplay.from_motif(one_motif("ACGT"), ax=second, colors="black")
        assert display.ax_ is second
        assert display.figure_ is figure
        assert not first.collections
        assert display.plot(first) is display
        assert display.ax_ is first


class TestAttribution:
    def test_symbols_are_as_tall_as_their_attribution(self, model):
        attributions = attribute(model, X[:1], method="input_x_gradient")
        display = AttributionDisplay.from_estimator(model, X[0], method="input_x_gradient")
        np.testing.assert_allclose(display.actual, attributions.actual[0], atol=1e-6)
        assert display.ax_.get_xlim() == (-0.5, 29.5)
        assert display.ax_.get_ylabel() == "input x gradient"
        lowest = min(low for low, _ in heights_of(display.logo_))
        highest = max(high for _, high in heights_of(display.logo_))
        assert lowest == pytest.approx(display.actual.min(), rel=0.02)
        assert highest == pytest.approx(display.actual.max(), rel=0.02)

    def test_parts_and_hypothetical_symbols(self):
        values = RNG.normal(size=(30, 4))
        display = AttributionDisplay.from_attributions(values[np.newaxis], X[0], start=5, end=9)
        codes = encode(X[:1])[0]
        np.testing.assert_allclose(display.actual, values[np.arange(30), codes][5:9])
        assert display.ax_.get_xlim() == (4.5, 8.5)
        display.plot(which="hypothetical")
        top = np.clip(values[5:9], 0, None).sum(axis=1).max()
        assert max(high for _, high in heights_of(display.logo_)) == pytest.approx(top, rel=0.02)

    def test_unknown_symbols_and_padding_are_not_drawn(self, model):
        display = AttributionDisplay.from_estimator(model, "ACGTNNACGTA", method="saliency")
        assert display.ax_.get_xlim() == (-0.5, 10.5)
        assert not display.actual[4:6].any()

    def test_codes_and_pipelines(self, model):
        codes = encode(X[:1])
        values = RNG.normal(size=(30, 4))
        by_codes = AttributionDisplay.from_attributions(values, codes[0])
        by_text = AttributionDisplay.from_attributions(values, X[:1])
        np.testing.assert_array_equal(by_codes.actual, by_text.actual)
        pipeline = make_pipeline(OneHotEncoder(), CNNClassifier(max_iter=1)).fit(X, Y)
        display = AttributionDisplay.from_estimator(pipeline, X[0], method="saliency")
        assert len(display.actual) == 30

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"X": X[:2]}, "one sequence, got 2"),
            ({"attributions": np.zeros((29, 4))}, r"\(30, 4\)"),
            ({"start": 9, "end": 9}, "start < end"),
            ({"end": 31}, "start < end"),
            ({"X": np.zeros((1, 30))}, "text or uint8 codes"),
        ],
    )
    def test_bad_input_is_named(self, changes, message):
        settings = {"attributions": np.zeros((30, 4)), "X": X[0]} | changes
        with pytest.raises(ValueError, match=message):
            AttributionDisplay.from_attributions(**settings)


class TestMutagenesis:
    effects = RNG.normal(size=(30, 4)) * (1 - np.eye(4)[encode(X[:1])[0]])

    def test_the_heat_map_holds_the_effects(self):
        display = MutagenesisDisplay.from_effects(self.effects, X[0], start=3, end=20)
        np.testing.assert_array_equal(display.image_.get_array(), self.effects[3:20].T)
        assert display.image_.get_extent() == [2.5, 19.5, 3.5, -0.5]
        largest = abs(self.effects[3:20]).max()
        assert display.image_.get_clim() == pytest.approx((-largest, largest))
        assert [t.get_text() for t in display.ax_.get_yticklabels()] == list("ACGT")
        assert display.logo_ax_ is None

    def test_symbols_are_in_their_cells_upright(self):
        display = MutagenesisDisplay.from_effects(self.effects, X[0])
        for path, code in zip(display.symbols_.get_paths(), range(4), strict=True):
            low, high = path.get_extents().get_points()[:, 1]
            assert (low, high) == pytest.approx((code - 0.4, code + 0.4), abs=0.01)
        # T has its bar at the top, which is the smaller number here.
        vertices = display.symbols_.get_paths()[3].vertices
        top = vertices[abs(vertices[:, 1] - 2.6) < 0.01]
        assert len(top) > 0
        middle = X[0].index("T")
        bar = top[abs(top[:, 0] - middle) < 0.5]
        assert np.ptp(bar[:, 0]) > 0.9

    def test_a_logo_of_importance(self):
        display = MutagenesisDisplay.from_effects(self.effects, X[0], logo=True)
        np.testing.assert_allclose(display.importance, -self.effects.sum(axis=1) / 3)
        display.figure_.canvas.draw()
        above, below = display.logo_ax_.get_position(), display.ax_.get_position()
        assert above.y0 > below.y1
        assert (above.x0, above.x1) == pytest.approx((below.x0, below.x1), abs=1e-6)
        assert above.y1 < 1
        assert display.logo_ax_.get_xlim() == display.ax_.get_xlim()

    def test_settings(self):
        _, ax = plt.subplots()
        settings = {"ax": ax, "limit": 2.0, "cmap": "PiYG", "colorbar": False}
        display = MutagenesisDisplay.from_effects(self.effects, X[0], **settings)
        assert display.ax_ is ax
        assert display.image_.get_clim() == (-2, 2)
        assert len(ax.figure.axes) == 1
        display = MutagenesisDisplay.from_effects(np.zeros((30, 4)), X[0])
        assert display.image_.get_clim() == (-1, 1)

    def test_from_estimator(self, model):
        mutagenesis = pytest.importorskip(
            "skgenomics.inspection.mutations.substitutions"
        ).mutagenesis
        display = MutagenesisDisplay.from_estimator(model, X[0], start=2, end=12)
        expected = mutagenesis(model, X[:1])[0, 2:12]
        np.testing.assert_allclose(display.effects, expected, atol=1e-6)


class TestAttention:
    def test_the_map_is_that_of_the_network(self, transformer):
        display = AttentionDisplay.from_estimator(transformer, X[0], rollout=True)
        expected = attention_map(transformer, X[:1], rollout=True)[0]
        np.testing.assert_allclose(display.image_.get_array(), expected)
        assert "".join(t.get_text() for t in display.ax_.get_xticklabels()) == X[0]

    def test_padding_is_left_out(self, transformer):
        display = AttentionDisplay.from_estimator(transformer, "ACGTACGTAC")
        assert display.attention.shape == (10, 10)

    def test_long_sequences_have_numbers(self):
        display = AttentionDisplay.from_map(np.eye(100), sequence="A" * 100)
        assert "A" not in {t.get_text() for t in display.ax_.get_xticklabels()}
        with pytest.raises(ValueError, match=r"\(L, L\)"):
            AttentionDisplay.from_map(np.zeros((3, 4)))


class TestMotif:
    def test_the_best_alignment_is_found_on_either_strand(self):
        motif = one_motif("GATAAG")
        for text, offset, strand in [
            ("CCGATAAGC", 2, "+"),
            ("GCTTATCGG", 2, "-"),
            ("TAAGCC", -2, "+"),
        ]:
            display = MotifDisplay.from_motifs(motif, one_motif(text, "known"))
            assert (display.offset, display.strand) == (offset, strand)

    def test_logos_are_aligned(self):
        display = MotifDisplay.from_motifs(one_motif("GATAAG"), one_motif("GGCTTATC", "known"))
        upper, lower = display.axes_
        assert upper.get_xlim() == lower.get_xlim() == (-0.5, 7.5)
        for symbol in (0, -1):
            above, below = (
                ax.collections[0].get_paths()[symbol].vertices[:, 0] for ax in display.axes_
            )
            np.testing.assert_allclose(np.unique(above), np.unique(below), atol=1e-9)
        assert "reverse complement" in lower.get_title()

    def test_rows_of_a_table(self, tmp_path):
        motifs = [one_motif("GATAAG", "filter_0")]
        database = [one_motif("ACGTT", "M0"), one_motif("CTTATCAA", "M1")]
        path = tmp_path / "motifs.meme"
        write_motifs(database, path)
        row = {"motif": "filter_0", "match": "M1", "offset": 2, "strand": "-", "p_value": 1e-5}
        for given in (database, path):
            display = MotifDisplay.from_matches(pd.DataFrame([row]), motifs, given)
            assert display.axes_[1].get_title() == "M1 (reverse complement), p = 1.0e-05"
            assert display.axes_[0].get_xlim() == (-2.5, 5.5)
        with pytest.raises(ValueError, match="motifs has no motif 'filter_0'"):
            MotifDisplay.from_matches(pd.DataFrame([row]), database, database)
        with pytest.raises(ValueError, match="row must be"):
            MotifDisplay.from_matches(pd.DataFrame([row]), motifs, database, row=1)

    def test_the_offset_is_that_of_tomtom(self):
        pytest.importorskip("memelite")
        from skgenomics.inspection.motifs.matching import match_motifs

        known = [Motif(f"M{i}", RNG.dirichlet([0.2] * 4, size=10)) for i in range(30)]
        part = Motif("part", known[4].probabilities[2:9]).reverse_complement()
        matches = match_motifs([part], known, n_best=1)
        by_table = MotifDisplay.from_matches(matches, [part], known)
        own = MotifDisplay.from_motifs(part, known[4])
        assert (by_table.offset, by_table.strand) == (own.offset, own.strand)

    def test_alphabets_must_agree(self):
        protein = Motif("P", np.eye(20)[:3], alphabet="protein")
        with pytest.raises(ValueError, match="one alphabet"):
            MotifDisplay.from_motifs(one_motif("ACG"), protein)
        assert MotifDisplay.from_motifs(protein, protein).strand == "+"


class TestLearningCurve:
    def test_both_curves_and_the_best_epoch(self):
        model = CNNClassifier(n_filters=4, max_iter=4, early_stopping=True, random_state=0)
        pipeline = make_pipeline(OneHotEncoder(), model).fit(X, Y)
        display = LearningCurveDisplay.from_estimator(pipeline, log_scale=True)
        training, validation = display.lines_
        np.testing.assert_array_equal(training.get_ydata(), model.loss_curve_)
        np.testing.assert_array_equal(validation.get_ydata(), model.validation_loss_curve_)
        assert training.get_xdata()[0] == 1
        best = int(np.argmin(model.validation_loss_curve_)) + 1
        assert f"best, epoch {best}" in display.ax_.get_legend_handles_labels()[1]
        assert display.ax_.get_yscale() == "log"

    def test_no_validation_is_one_curve(self, model):
        assert len(LearningCurveDisplay.from_estimator(model).lines_) == 1

    def test_estimators_without_a_curve_are_named(self):
        with pytest.raises(ValueError, match="LogisticRegression has no loss_curve_"):
            LearningCurveDisplay.from_estimator(LogisticRegression())


class TestVariant:
    table = pd.DataFrame(
        {
            "chrom": ["chr1", "chr1", "chr1", "chr2"],
            "pos": [1000, 1200, 1100, 5],
            "id": ["rs1", ".", None, "rs4"],
            "ref_allele": ["A", "C", "GT", "T"],
            "alt_allele": ["G", "T", "G", "G"],
            "delta": [0.5, -2.0, 1.0, 0.1],
            "log_odds": [0.6, -3.0, 1.5, np.nan],
        },
        index=[5, 5, 6, 7],
    )

    def points(self, display):
        return {kind: points.get_offsets().tolist() for kind, points in display.points_.items()}

    def test_effects_by_position_and_allele(self):
        display = VariantDisplay.from_table(self.table[:3], n_labels=2)
        assert self.points(display) == {
            "G": [[1000, 0.6]],
            "T": [[1200, -3.0]],
            "other": [[1100, 1.5]],
        }
        assert display.ax_.get_ylabel() == "log odds"
        assert display.ax_.get_xlabel() == "position on chr1"
        labels = {text.get_text() for text in display.ax_.texts}
        assert labels == {"chr1:1200 C>T", "chr1:1100 GT>G"}

    def test_chromosomes_follow_each_other(self):
        display = VariantDisplay.from_table(self.table, column="delta", n_labels=0)
        x = sorted(point[0] for points in self.points(display).values() for point in points)
        assert x[:3] == [0, 100, 200]
        assert x[3] > 200
        assert [t.get_text() for t in display.ax_.get_xticklabels()] == ["chr1", "chr2"]

    def test_variants_without_an_effect_are_counted(self):
        with pytest.warns(UserWarning, match="1 of 4 variants have no log_odds"):
            display = VariantDisplay.from_table(self.table)
        assert sum(len(points) for points in self.points(display).values()) == 3

    def test_from_estimator(self, model, tmp_path):
        path = tmp_path / "genome.fa"
        path.write_text(">chr1\n" + "ACGTTGCA" * 20 + "\n")
        variants = pd.DataFrame({"chrom": ["chr1"], "pos": [81], "ref": ["A"], "alt": ["C"]})
        display = VariantDisplay.from_estimator(model, variants, path)
        assert display.points_["C"].get_offsets()[0, 0] == 81

    def test_bad_tables_are_named(self):
        with pytest.raises(ValueError, match="no column 'ref_allele'"):
            VariantDisplay.from_table(self.table.drop(columns="ref_allele"))
        with pytest.raises(ValueError, match="no column 'effect'"):
            VariantDisplay.from_table(self.table, column="effect")
        several = self.table.rename(columns={"delta": "delta_a", "log_odds": "delta_b"})
        with pytest.raises(ValueError, match="'delta_a', 'delta_b'"):
            VariantDisplay.from_table(several)
        with pytest.raises(ValueError, match="has no finite values"):
            VariantDisplay.from_table(self.table[3:], column="log_odds")
