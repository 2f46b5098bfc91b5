"""Pictures in the style of scikit-learn's displays: made from an estimator or from numbers."""

from skgenomics.inspection.displays.attention import AttentionDisplay
from skgenomics.inspection.displays.attribution import AttributionDisplay
from skgenomics.inspection.displays.learning_curve import LearningCurveDisplay
from skgenomics.inspection.displays.motif import MotifDisplay
from skgenomics.inspection.displays.mutagenesis import MutagenesisDisplay
from skgenomics.inspection.displays.sequence_logo import SequenceLogoDisplay
from skgenomics.inspection.displays.variant import VariantDisplay

__all__ = [
    "AttentionDisplay",
    "AttributionDisplay",
    "LearningCurveDisplay",
    "MotifDisplay",
    "MutagenesisDisplay",
    "SequenceLogoDisplay",
    "VariantDisplay",
]
