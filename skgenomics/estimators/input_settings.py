"""How a deep estimator reads sequences, and what it does to them while training."""

from __future__ import annotations

from dataclasses import dataclass

from skgenomics.checks import check_choice, check_integer, check_real

STRANDS = ("auto", None, "augment", "average", "tied")
EDITS = ("insertion", "deletion", "inversion", "translocation")


@dataclass(kw_only=True, eq=False, repr=False)
class InputSettings:
    """Hyper-parameters of reading X and of augmentation."""

    alphabet: str = "ACGT"
    n_channels: int | None = None
    length: int | None = None
    reverse_complement: str | None = "auto"
    shift: int = 0
    mutation_rate: float | str = "auto"
    masking_rate: float = 0.0
    insertion: int = 0
    deletion: int = 0
    inversion: int = 0
    translocation: int = 0

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("reverse_complement", self.reverse_complement, STRANDS)
        for name in ("shift", *EDITS):
            check_integer(name, getattr(self, name), 0)
        if self.mutation_rate != "auto":
            check_real("mutation_rate", self.mutation_rate, 0, 1)
        check_real("masking_rate", self.masking_rate, 0, 1)
        if self.length is not None:
            check_integer("length", self.length, 1)
