"""Docstrings of estimators that share the descriptions of their parameters and attributes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T", bound=type)


class SharedTexts:
    """Decorator of dataclasses that fills shared texts into their docstrings.

    A line ``{name}`` of a docstring is replaced by the text of that name, and ``%(parameter)s`` in
    a text by the default of a parameter. The parameters of the signature get the order in which
    they are documented: a dataclass would put those of its bases first.

    Parameters
    ----------
    *tables : dict of str to str
        Texts by their names, of which later ones replace earlier ones.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from skgenomics._utils.docstrings import SharedTexts
    >>> documented = SharedTexts({"size": "size : int, default=%(size)s"})
    >>> @documented
    ... @dataclass
    ... class Box:
    ...     '''Box of some size.
    ...
    ...     Parameters
    ...     ----------
    ...     {size}
    ...         Length of an edge.
    ...     '''
    ...
    ...     size: int = 3
    >>> "size : int, default=3" in Box.__doc__
    True
    """

    def __init__(self, *tables: Mapping[str, str]):
        self.texts = {name: text for table in tables for name, text in table.items()}

    def __call__(self, cls: T) -> T:
        """Fill the docstring of a class, and order its parameters."""
        fields = vars(cls)["__dataclass_fields__"]
        defaults = {name: repr(field.default).replace("'", '"') for name, field in fields.items()}

        def fill(match: re.Match) -> str:
            indent, name = match.groups()
            text = (self.texts[name] % defaults).strip("\n")
            return "\n".join(indent + line if line else line for line in text.split("\n"))

        cls.__doc__ = re.sub(r"^( *)\{([a-z ]+)\}$", fill, cls.__doc__ or "", flags=re.MULTILINE)
        _order_parameters(cls)
        return cls


def _order_parameters(cls: Any) -> None:
    section = re.search(r"Parameters\n *-+\n(.*?)(?:\n\n|\Z)", cls.__doc__ or "", flags=re.DOTALL)
    lines = re.findall(r"^    (\w[\w, ]*) : ", section.group(1) if section else "", flags=re.M)
    names = [name for line in lines for name in line.split(", ")]
    signature = inspect.signature(cls.__init__)
    own, *parameters = signature.parameters.values()
    undocumented = {p.name for p in parameters} - set(names)
    if undocumented:
        raise TypeError(f"{cls.__name__} does not document {', '.join(sorted(undocumented))}")
    # Those that may be given by position have to come before the others.
    parameters.sort(key=lambda p: (p.kind is p.KEYWORD_ONLY, names.index(p.name)))
    cls.__init__.__signature__ = signature.replace(parameters=[own, *parameters])
