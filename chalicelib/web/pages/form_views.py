"""The form of the product page, as plain values: what is asked, what was told, what is wrong."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "tel", "email", "number", "select"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field: its value as the shopper typed it, and the sentence that says what is wrong.

    `options` are the values and labels of a select; `hint` helps before anything is wrong.
    """

    name: str
    label: str
    value: str = ""
    kind: Kind = "text"
    required: bool = False
    autocomplete: str = "off"
    longest: int | None = None
    options: tuple[tuple[str, str], ...] = ()
    hint: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One variant: `units` is its amount in the currency's smallest unit, for counting."""

    value: str
    label: str
    amount: str
    units: int
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """What may be chosen of one line, and what it costs in the currency's smallest unit."""

    number: int
    units: int
    quantity: int
    stepper: FieldView | None = None
    least: int = 1
    most: int = 1
    choices: tuple[ChoiceView, ...] = ()
    problem: str | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether nothing can be chosen."""
        return self.stepper is None and not self.choices


@dataclass(frozen=True, slots=True)
class GroupView:
    """Fields that belong together, under a heading."""

    title: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """The whole form. `amount` is what the shopper gives, `amount_open` that it is not set yet.

    `problems` are the fields that are wrong, each with its sentence; a name that no field has is
    None. `symbol` and `places` say how the currency is written.
    """

    lines: tuple[LineView, ...] = ()
    amount: FieldView | None = None
    amount_open: bool = False
    groups: tuple[GroupView, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    problems: tuple[tuple[str | None, str], ...] = ()
    symbol: str = "Rp"
    places: int = 0


EMPTY_FORM = FormView()
