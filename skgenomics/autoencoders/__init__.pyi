from .alignment_weights import sequence_weights as sequence_weights
from .autoencoder import Autoencoder as Autoencoder
from .denoising import DenoisingAutoencoder as DenoisingAutoencoder
from .ensemble import EnsembleAutoencoder as EnsembleAutoencoder
from .semi_supervised import SemiSupervisedVAE as SemiSupervisedVAE
from .sequence_autoencoder import SequenceAutoencoder as SequenceAutoencoder
from .sequence_vae import SequenceVAE as SequenceVAE
from .variational import VariationalAutoencoder as VariationalAutoencoder
