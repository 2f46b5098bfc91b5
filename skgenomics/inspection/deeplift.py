"""DeepLIFT: differences of activations, carried back through the network to the letters."""

from __future__ import annotations

import torch

from skgenomics.inspection._paired import NoRule, Paired, pair, parts
from skgenomics.inspection.scores import SequenceScore


def deeplift(
    score: SequenceScore, x: torch.Tensor, reference: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Multipliers of DeepLIFT.

    The network is run once on sequences and references side by side. Instead of gradients,
    multipliers go back: for a function of one number the slope between its two points (the Rescale
    rule), for a maximum that of the entry that made it, for a product the mean of the other factor.
    No other approximation is made, so that parts add up to the difference of the scores, but for
    rounding. The network itself is neither changed nor hooked.

    Parameters
    ----------
    score : SequenceScore
    x, reference : Tensor of shape (b, C, L)

    Returns
    -------
    multipliers : Tensor of shape (b, C, L)
        With ``(x - reference) * multipliers`` the parts of each channel in the difference.
    difference : Tensor of shape (b,)
        By how much the scores of sequences and references differ.

    Raises
    ------
    ValueError
        If the network does something for which there is no rule, as recurrent networks do.

    References
    ----------
    Shrikumar, Greenside and Kundaje (2017), Learning important features through propagating
    activation differences, ICML; Lundberg and Lee (2017), A unified approach to interpreting model
    predictions, NeurIPS.
    """
    x = x.detach().requires_grad_()
    try:
        with torch.enable_grad():
            result = score(pair(x.view_as(x), reference))
    except NoRule as error:
        raise ValueError(
            f"DeepLIFT has no rule for what {type(score.estimator).__name__} does in {error}(), so "
            "attributions would not add up; use method='integrated_gradients' or 'mutagenesis', "
            "which are right for every network"
        ) from None
    if not isinstance(result, Paired):
        return torch.zeros_like(x), x.new_zeros(len(x))
    actual, other = parts(result)
    multipliers = torch.autograd.grad(actual.sum(), x)[0]
    return multipliers, (actual - other).detach()
