"""Keeps what came back from a verb in the variables of the call."""

from collections.abc import Mapping

from engine.grammar.names import find_parameter
from engine.model.parts import Save
from engine.runtime.document import Document
from engine.runtime.marking import mark
from engine.runtime.scope import storable


def save_answer(document: Document, save: Save | None, *, pressed: bool = False) -> None:
    """Keeps the answer; keys that were `pressed` at a gather are the answer itself, without a `#` that only finished it."""
    memory = document.memory
    if save is None or memory is None:
        return
    document.personal = True
    if save.answer:
        memory.variables[save.answer] = document.answer
    for variable, parameter in save.parameters:
        mine = parameter == "answer" or (pressed and parameter == "digits")
        value = document.answer if mine else find_parameter(document.request.params, parameter)
        memory.variables[variable] = value or ""
    document.forget_scope()


def save_value(document: Document, save: Save | None, value: object, *, secret: bool = False) -> None:
    """Keeps a value of the engine's own verbs, or entries of it; what there is none of is kept as nothing."""
    save_entries(document, save, value, value if isinstance(value, Mapping) else {}, secret=secret)


def save_entries(
    document: Document, save: Save | None, main: object, entries: Mapping[str, object], *, secret: bool = False
) -> None:
    """Keeps the main result of a verb, or `entries` of it; `secret` says that it was made of a secret answer."""
    memory = document.memory
    if save is None or memory is None:
        return
    document.personal = True
    if save.answer:
        memory.variables[save.answer] = storable(main)
    for variable, entry in save.parameters:
        memory.variables[variable] = storable(entries.get(entry))
    if secret or document.hidden is not None:
        mark_saved(document, save, secret=secret)
    note_saved(document, save)
    document.forget_scope()


def mark_saved(document: Document, save: Save | None, *, secret: bool) -> None:
    """Marks the variables that hold what was saved of an answer, where that is secret; else takes the mark from them."""
    if save is not None:
        for name in (*filter(None, [save.answer]), *(variable for variable, _ in save.parameters)):
            mark(document, name, secret=secret)


def note_saved(document: Document, save: Save | None) -> None:
    """Notes the variables that hold what was saved of an answer."""
    if document.trail is not None and save is not None and document.memory is not None:
        for name in (*filter(None, [save.answer]), *(variable for variable, _ in save.parameters)):
            document.note_set(name, document.memory.variables[name])
