from .generative import GenerativeOverSampler as GenerativeOverSampler
from .homology import HomologyUnderSampler as HomologyUnderSampler
from .mutation import MutationOverSampler as MutationOverSampler
from .reverse_complement import ReverseComplementOverSampler as ReverseComplementOverSampler
from .smote import SequenceSMOTE as SequenceSMOTE
