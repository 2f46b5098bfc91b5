from .motif import Motif as Motif
from .motif_files import read_motifs as read_motifs
from .motif_files import write_motifs as write_motifs
