from .expression import make_expression as make_expression
from .genotypes import make_genotypes as make_genotypes
from .motif_presence import make_motif_classification as make_motif_classification
from .motif_presence import make_motif_regression as make_motif_regression
from .multiview import make_multiview as make_multiview
from .profiles import make_profiles as make_profiles
from .splice import make_splice as make_splice
