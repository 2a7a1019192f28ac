"""The kinds of value an attribute takes: each reads what the author wrote, exports its schema and describes itself."""

from engine.grammar.fields.address import Address, Role
from engine.grammar.fields.base import TEMPLATE, Field, Schema, Wrong
from engine.grammar.fields.duration import Duration, seconds_of
from engine.grammar.fields.forms import Either, Json, Keys, Pattern, Several
from engine.grammar.fields.phone import Phone
from engine.grammar.fields.plain import Boolean, Choice, Decimal, Text, Whole

__all__ = [
    "TEMPLATE",
    "Address",
    "Boolean",
    "Choice",
    "Decimal",
    "Duration",
    "Either",
    "Field",
    "Json",
    "Keys",
    "Pattern",
    "Phone",
    "Role",
    "Schema",
    "Several",
    "Text",
    "Whole",
    "Wrong",
    "seconds_of",
]
