from .background import matched_background as matched_background
from .make import make_negatives as make_negatives
from .shuffling import dinucleotide_shuffle as dinucleotide_shuffle
