"""What goes wrong, each in one sentence."""

from __future__ import annotations


class Error(Exception):
    """Something cannot be measured or shown; the message is one sentence: what, where, what was expected."""


class UnsupportedModule(Error):
    """A model has a part that the layers of Flatscape cannot say.

    `name` is the part's dotted name in the model, empty for the model itself; `kind` is its class, such as `nn.LSTM`.
    """

    def __init__(self, name: str, kind: str, problem: str) -> None:
        self.name = name
        self.kind = kind
        place = f"`{name}` ({kind})" if name else f"the model ({kind})"
        super().__init__(f"{place}: {problem}")
