"""The rule about texts that callers in some language would hear in another: L421."""

from collections.abc import Iterator

from engine.document.layout import quote
from engine.model.languages.spoken import Said, default_of, is_worded
from engine.model.lint.survey import Finding, Survey
from engine.model.parts import Flow
from engine.model.reading.reader import folded, shortened

EACH = 10  # texts of a flow that are told one by one for a language; where there are more, how many


def untranslated(survey: Survey) -> Iterator[Finding]:
    """A text that one of the flow's languages lacks: callers in that language hear it in the default language.

    Where a language lacks many texts of a flow, it is told once, at the first.

    PASS:
        languages: {en: {language: en-US}, es: {language: es-US}}
        steps:
          menu:
            - say: {en: Hello., es: Hola.}

    FAIL:
        languages: {en: {language: en-US}, es: {language: es-US}}
        steps:
          menu:
            - say: {en: Hello., es: Hola.}
            - say: Goodbye.
    """
    for flow in survey.project.flows.values():
        if len(flow.languages) > 1:
            yield from _in_flow(flow)


def _in_flow(flow: Flow) -> Iterator[Finding]:
    wanted = [said for said in flow.texts if said.wanted and (not said.words or is_worded(said.text))]
    lacking = {name: [said for said in wanted if name not in said.known] for name in flow.languages}
    many = {name: texts for name, texts in lacking.items() if len(texts) > EACH}
    for name, texts in many.items():
        title = f"`{name}` lacks {len(texts)} texts of `{flow.name}`"
        helps = ("touchtone messages check  lists them all",)
        yield Finding(texts[0].span, title, "the first of them", helps=helps)
    kept = {name for said in flow.texts for name in said.known - said.written}  # in catalogues
    for said in wanted:
        missing = [name for name, texts in lacking.items() if name not in many and name not in said.known]
        if missing:
            yield _missing(said, missing, default_of(flow.languages), kept)


def _missing(said: Said, names: list[str], default: str, kept: set[str]) -> Finding:
    named = ", ".join(f"`{name}`" for name in names)
    missing = f"not in {named}" if len(names) == 1 else f"in none of {named}"
    title = f"this text is {missing}: callers hear it in `{default}`"
    if not said.words:
        title = f"there is no {named} here: callers get what stands in `{default}`"
    written = ", ".join(f"{name}: …" for name in names)
    if said.words and kept.intersection(names):
        helps = (f"translate it in  {', '.join(f'_{name}.po' for name in names if name in kept)}",)
    elif len(said.written) > 1 or not said.words:
        helps = (f"write  {written}  beside the others",)
    else:
        helps = (folded(f"write  {{{default}: {quote(shortened(said.text))}, {written}}}"),)
    return Finding(said.span, title, f"no {named}" if len(names) < 5 else "", helps=helps)
