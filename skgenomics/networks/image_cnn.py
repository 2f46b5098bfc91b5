"""Two-dimensional convolutional network for images, such as read pileups."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics._utils.validation import check_choice
from skgenomics.networks._layers import as_tuple

_HEAD_POOLS = ("mean", "columns", "flatten")


class ImageCNN(nn.Module):
    """Convolutional network for images, for ``SequenceClassifier(network=ImageCNN)``.

    Channels are standardized, so that images of bytes need no scaling. Each block has a convolution
    with "same" padding, batch normalization, a ReLU and max pooling.

    Parameters
    ----------
    n_channels : int
        Number of channels.
    n_outputs : int
        Number of outputs.
    image_size : tuple of int
        Height and width.
    n_filters : int or tuple of int, default=(16, 32, 64)
        Number of filters of each convolution.
    kernel_size : int, default=3
        Height and width of the filters, an odd number.
    pool_size : int, default=2
        Height and width of the window of the max pooling; 1 for none. Axes that are shorter are
        not pooled.
    head_pool : {"mean", "columns", "flatten"}, default="columns"
        Features of the output layer: the means over all positions; the means over rows, with
        weights for each column, as in pileups, whose rows are reads in any order and whose columns
        are positions around the candidate in the middle; or all positions.
    dropout : float, default=0.2
        Dropout before the output layer.

    Examples
    --------
    >>> import torch
    >>> from skgenomics.networks import ImageCNN
    >>> network = ImageCNN(n_channels=6, n_outputs=3, image_size=(100, 221))
    >>> network(torch.zeros(2, 6, 100, 221)).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        n_channels: int,
        n_outputs: int,
        image_size: tuple[int, int],
        n_filters: int | tuple[int, ...] = (16, 32, 64),
        kernel_size: int = 3,
        pool_size: int = 2,
        head_pool: str = "columns",
        dropout: float = 0.2,
    ):
        super().__init__()
        check_choice("head_pool", head_pool, _HEAD_POOLS)
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be an odd number, got {kernel_size!r}")
        self.head_pool = head_pool
        layers: list[nn.Module] = [nn.BatchNorm2d(n_channels, affine=False)]
        height, width = image_size
        n_in = n_channels
        for n_out in as_tuple(n_filters):
            layers += [
                nn.Conv2d(n_in, n_out, kernel_size, padding=kernel_size // 2, bias=False),
                nn.BatchNorm2d(n_out),
                nn.ReLU(),
            ]
            window = min(pool_size, height), min(pool_size, width)
            if max(window) > 1:
                layers.append(nn.MaxPool2d(window))
            height, width, n_in = height // window[0], width // window[1], n_out
        self.trunk = nn.Sequential(*layers)
        n_positions = {"mean": 1, "columns": width, "flatten": height * width}[head_pool]
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(n_in * n_positions, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute raw scores.

        Parameters
        ----------
        x : Tensor of shape (batch, n_channels, height, width)
            Images.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
            Scores.
        """
        features = self.trunk(x)
        if self.head_pool == "mean":
            features = features.mean(dim=(2, 3))
        elif self.head_pool == "columns":
            features = features.mean(dim=2)
        return self.output(self.dropout(features.flatten(1)))
