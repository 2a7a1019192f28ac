"""Doubts about voices and languages whose names are near a known one (L314)."""

from engine.document import nodes
from engine.grammar.speech_names import meant_language, meant_voice
from engine.model.reading.reader import Reader, pasted, shortened

# A conversation relay names its voices as their providers do, and `multi` is a language there.
_OWN_VOICES = ("ConversationRelay", "Language")
_LANGUAGES = ("language", "tts_language", "transcription_language", "language_code", "code", "xml_lang")


def doubt_name(reader: Reader, class_name: str, name: str, node: nodes.Node) -> None:
    """Looks at the voice or language written at an attribute, in each language if there are several."""
    if name not in (*_LANGUAGES, "voice") or (name == "voice" and class_name in _OWN_VOICES):
        return
    for scalar in [value for _, value in node.entries] if isinstance(node, nodes.Mapping) else [node]:
        if not isinstance(scalar, nodes.Scalar) or "{" in scalar.text or scalar.text in reader.languages:
            continue
        written = scalar.text.strip()
        meant = meant_voice(written) if name == "voice" else meant_language(written)
        if meant:
            what = "voice" if name == "voice" else "language"
            title = f"no known {what} is named `{shortened(written)}`"
            helps = (f"write  {name}: {pasted(meant)}",)
            reader.report.hint("L314", title, scalar.span, label=f"did you mean `{meant}`?", helps=helps)
