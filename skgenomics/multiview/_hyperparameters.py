"""Hyperparameters of the multi-view estimators and of their nested encoders and networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skgenomics._utils.validation import check_choice, check_real
from skgenomics.estimators._training import NetEstimator
from skgenomics.multiview._views import PARTS, check_views

FUSIONS = ("joint", "attention", "concat", "ensemble")


@dataclass(kw_only=True, eq=False, repr=False)
class MultiViewSettings(NetEstimator):
    """Hyperparameters of views and of their fusion; views are reached by their names."""

    views: list[tuple]
    fusion: str = "joint"
    weights: Sequence[float] | None = None
    view_dropout: float = 0.0
    projection_size: int = 64
    hidden_units: int | tuple[int, ...] = 64
    hidden_dropout: float | tuple[float, ...] = 0.0
    hidden_normalization: str | None = None
    hidden_activation: str = "relu"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the hyperparameters.

        Parameters
        ----------
        deep : bool, default=True
            If True, also return those of the views, ``name__encoder``, ``name__network`` and
            ``name__columns``, and the parameters of these, such as ``name__network__max_iter``.

        Returns
        -------
        dict
            Hyperparameters by their names.
        """
        params = super().get_params(deep=False)
        for name, *parts in self._well_formed_views() if deep else ():
            for part, value in zip(PARTS, parts, strict=True):
                key = f"{name}__{part}"
                params[key] = value
                if hasattr(value, "get_params") and not isinstance(value, type):
                    params |= {f"{key}__{k}": v for k, v in value.get_params().items()}
        return params

    def set_params(self, **params):
        """Set hyperparameters.

        Parameters
        ----------
        **params : dict
            Hyperparameters by the names that :meth:`get_params` returns.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        names = {name for name, *_ in self._well_formed_views(params.get("views", self.views))}
        nested = {k: v for k, v in params.items() if k.partition("__")[0] in names}
        super().set_params(**{k: v for k, v in params.items() if k not in nested})
        # Replace parts of views before setting parameters of these parts.
        for key in sorted(nested, key=lambda key: key.count("__")):
            self._set_part(*key.split("__", 2), value=nested[key])
        return self

    def _set_part(self, name: str, part: str = "", *inner: str, value) -> None:
        if part not in PARTS:
            raise ValueError(
                f"a view has {', '.join(PARTS)}, but no {part!r}; set one of "
                f"{', '.join(f'{name}__{known}' for known in PARTS)}"
            )
        i = [view[0] for view in self.views].index(name)
        view = list(self.views[i])
        index = 1 + PARTS.index(part)
        if inner:
            if not hasattr(view[index], "set_params"):
                raise ValueError(
                    f"{name}__{part} is {view[index]!r}, which has no parameter {inner[0]!r}; set "
                    f"{name}__{part} first"
                )
            view[index].set_params(**{inner[0]: value})
            return
        view[index] = value
        self.views = [*self.views[:i], tuple(view), *self.views[i + 1 :]]

    def _well_formed_views(self, views=None) -> list:
        views = self.views if views is None else views
        try:
            check_views(views)
        except ValueError:
            return []
        return list(views)

    def _check_settings(self) -> None:
        super()._check_settings()
        check_views(self.views)
        self._check_names([view[0] for view in self.views])
        check_choice("fusion", self.fusion, FUSIONS)
        check_real("view_dropout", self.view_dropout, 0, 1)
        if self.weights is not None:
            self._check_weights()
        if self.warm_start and not self._is_one_network:
            raise ValueError(
                f"warm_start=True continues the training of one network, but fusion="
                f"{self.fusion!r} trains one for each view; leave warm_start=False"
            )

    def _check_names(self, names: list[str]) -> None:
        own = super().get_params(deep=False)
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"views has {names.count(name)} views {name!r}; rename all but one"
                )
            if not name or "__" in name or name in own:
                raise ValueError(
                    f"a view cannot have the name {name!r}: names must not be empty, contain '__' "
                    "or be the name of a hyperparameter"
                )

    def _check_weights(self) -> None:
        if self.fusion != "ensemble":
            raise ValueError(
                f"weights are for fusion='ensemble', but fusion={self.fusion!r} learns the "
                "contribution of each view; leave weights=None"
            )
        weights = np.asarray(self.weights)
        is_valid = weights.shape == (len(self.views),) and weights.dtype.kind in "iuf"
        if not is_valid or not ((weights > 0) & np.isfinite(weights)).all():
            raise ValueError(
                f"weights must have a positive number for each of the {len(self.views)} views, got "
                f"{self.weights!r}"
            )

    @property
    def _is_one_network(self) -> bool:
        """Whether one network reads all views and is trained end to end."""
        return self.fusion in ("joint", "attention")

    def _choose_fusion(self) -> str:
        """Return the fusion to use; a single view is not fused."""
        if len(self.views) > 1:
            return self.fusion
        return "joint" if self._is_one_network else "ensemble"
