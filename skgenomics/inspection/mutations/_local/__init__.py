r"""Fast in-silico mutagenesis: run a network where an edit changes something, and nowhere else.

Saturation mutagenesis scores ``3 L`` sequences that each differ from an original sequence at one
position.  A convolution of kernel size ``k`` changes at ``k`` of its ``L`` positions only, so that
nearly all of the work of the plain computation repeats that for the original sequence.

What stands for an edited sequence
    :class:`EditedMaps` stands for a tensor of feature maps of shape (n_edits, channels, length).
    It stores the feature maps of the few original sequences once (:class:`Base`), and for each edit
    a window of positions outside of which nothing differs (:class:`Windows`, one width for all
    edits of a batch) with the content of the window: either its `values` or the `change` from the
    original; the other one is derived on demand.  Additive layers work on the change, which for
    a convolution is ``conv(x + d) - conv(x) = conv(d)`` without the bias; nonlinear elementwise
    functions need the values.  After flattening, :class:`EditedFeatures` holds feature maps next to
    other features.

Receptive field
    The window is the set of positions whose receptive field contains the edit.  Each rule maps a
    window of its input to the window of its output: a convolution with dilation ``s`` widens it by
    ``s (k - 1)``, pooling of size ``p`` divides it by ``p`` and rounds outwards, elementwise
    functions and linear layers over channels keep it, and maxima, means and linear layers over all
    positions end it: they give plain tensors.  Windows may reach past the ends of a sequence.  All
    of them then have the same width; the positions outside are masked.

Dispatch
    Edited maps are passed to the unmodified module.  torch calls ``__torch_function__`` of any
    argument that is not a plain tensor instead of the function itself, and Python calls the
    operators and methods of :class:`Edited`; all end in
    :func:`~skgenomics.inspection.mutations._local.edited_maps.call`, which looks up a rule by the
    name of the function (``conv1d``, ``batch_norm``, ``add``; :func:`rule` registers one).  Modules
    of users need neither registration nor a special base class.

Fallback
    A rule returns ``NotImplemented`` for settings that it does not cover (strides, groups, circular
    padding, a softmax over positions).  Then, and where no rule exists (recurrent layers,
    attention), edited maps are turned into the full tensor (`dense`), and the function and all that
    follow run as usual: the result is always that of the module, only the time differs.
    Functions that write into their input raise :class:`UnsupportedOperationError`, since other
    edited maps may share the stored tensors.  As a safeguard against modules that escape dispatch,
    the caller (``_edits.py``) compares a few edits with the plain computation, and stays with
    that if they differ.

Cost
    With window width ``w``, a convolution takes ``w k C F`` multiplications for each edit instead
    of ``L k C F``; widths grow with depth until pooling shrinks them.  Gathering windows costs more
    per position than a plain pass, so that edited maps become dense once a window covers 60 % of
    the sequence.  What layers make of the original sequences is computed once and remembered in
    :class:`Base`.  :class:`PeakMemory` records the largest tensor for one edit, from which the
    caller chooses a batch size that fits in the cache.

That results are local is the idea of fastISM (Nair et al., fastISM: performant in silico saturation
mutagenesis for convolutional neural networks, Bioinformatics 38, 2022), which rewrites Keras models
layer by layer; here any module is followed as it runs.
"""

from skgenomics.inspection._dispatch import UnsupportedOperationError

# Importing a module of rules registers them.
from skgenomics.inspection.mutations._local import (
    axis_rules,
    convolution_rules,
    elementwise_rules,
    kmer_rules,
    position_rules,
)
from skgenomics.inspection.mutations._local.edited_maps import Base, EditedMaps, PeakMemory, rule
from skgenomics.inspection.mutations._local.position_rules import EditedFeatures
from skgenomics.inspection.mutations._local.windows import Windows

__all__ = [
    "Base",
    "EditedFeatures",
    "EditedMaps",
    "PeakMemory",
    "UnsupportedOperationError",
    "Windows",
    "axis_rules",
    "convolution_rules",
    "elementwise_rules",
    "kmer_rules",
    "position_rules",
    "rule",
]
