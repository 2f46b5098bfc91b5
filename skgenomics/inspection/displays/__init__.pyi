from .attention_display import AttentionDisplay as AttentionDisplay
from .attribution_display import AttributionDisplay as AttributionDisplay
from .learning_curve_display import LearningCurveDisplay as LearningCurveDisplay
from .logo import SequenceLogoDisplay as SequenceLogoDisplay
from .motif_display import MotifDisplay as MotifDisplay
from .mutagenesis_display import MutagenesisDisplay as MutagenesisDisplay
from .variant_display import VariantDisplay as VariantDisplay
