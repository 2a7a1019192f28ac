"""The names of voices and languages that Twilio speaks, and the one that a misspelled name probably means.

Twilio, "Text-to-Speech", "Available voices and languages"; Amazon Polly, "Available voices"; ISO 639 and ISO 3166 for tags.
"""

import re

from engine.diagnostics.suggest import nearest

BASIC = ("man", "woman", "alice")
_POLLY = (
    "Adriano Aditi Alba Amy Andres Aria Arlet Arthur Astrid Ayanda Bianca Bjorn Brian Burcu Camila Carla "
    "Carmen Celine Chantal Conchita Cristiano Dalia Daniel Danielle Dora Elin Emma Enrique Ewa Filiz Florian "
    "Gabrielle Geraint Giorgio Gregory Gwyneth Hala Hannah Hans Hiujin Ida Ines Isabelle Ivy Jacek Jan Jasmine "
    "Jihye Jitka Joanna Joey Justin Kajal Karl Kazuha Kendra Kevin Kimberly Laura Lea Liam Lisa Liv Lotte "
    "Lucia Lupe Mads Maja Marlene Mathieu Matthew Maxim Mia Miguel Mizuki Naja Niamh Nicole Ola Olivia Patrick "
    "Pedro Penelope Raul Raveena Remi Ricardo Ruben Russell Ruth Sabrina Salli Seoyeon Sergio Sofie Stephen "
    "Suvi Takumi Tatyana Thiago Tiffany Tomoko Vicki Vitoria Zayd Zeina Zhiyu"
)
POLLY = tuple(_POLLY.split())
ENGINES = ("Neural", "Generative")
GOOGLE_KINDS = ("Standard", "Wavenet", "Neural2", "News", "Studio", "Polyglot", "Casual", "Journey", "Chirp", "Chirp3")
LANGUAGES = {
    "arabic": "arb",
    "catalan": "ca-ES",
    "chinese": "cmn-CN",
    "danish": "da-DK",
    "dutch": "nl-NL",
    "english": "en-US",
    "finnish": "fi-FI",
    "french": "fr-FR",
    "german": "de-DE",
    "hindi": "hi-IN",
    "italian": "it-IT",
    "japanese": "ja-JP",
    "korean": "ko-KR",
    "norwegian": "nb-NO",
    "polish": "pl-PL",
    "portuguese": "pt-BR",
    "russian": "ru-RU",
    "spanish": "es-ES",
    "swedish": "sv-SE",
    "turkish": "tr-TR",
    "welsh": "cy-GB",
}
_TAKEN_FOR = {
    "en-uk": "en-GB",
    "jp-jp": "ja-JP",
    "kr-kr": "ko-KR",
    "cn-cn": "cmn-CN",
    "dk-dk": "da-DK",
    "se-sv": "sv-SE",
}
_TAG = re.compile(r"([A-Za-z]{2,3})[-_]([A-Za-z]{4}[-_])?([A-Za-z]{2})")
_GOOGLE = re.compile(r"([A-Za-z]{2,3}[-_][A-Za-z]{2})[-_]([A-Za-z0-9]+)(-.+)?")


def meant_language(tag: str) -> str:
    """The tag that a misspelled one probably means; "" for one that is right, or newer than we know."""
    if tag.casefold().replace("_", "-") in _TAKEN_FOR:
        return _TAKEN_FOR[tag.casefold().replace("_", "-")]
    found = _TAG.fullmatch(tag)
    if found:
        script = (found[2] or "").replace("_", "-").title()
        right = f"{found[1].lower()}-{script}{found[3].upper()}"
        small = tag == tag.lower() and "_" not in tag  # en-gb: the tags of `man` and `woman` are written so
        return right if right != tag and not small else ""
    if re.fullmatch(r"[A-Za-z]{4,}", tag) and (close := nearest(tag, LANGUAGES, 0.8)):
        return LANGUAGES[close]
    return ""


def meant_voice(voice: str) -> str:
    """The voice that a misspelled name probably means; "" for one that is right, or newer than we know."""
    provider, dot, name = voice.partition(".")
    if not dot:
        return _without_provider(voice)
    known = nearest(provider, ("Polly", "Google"), 0.75)
    if known is None or not name:
        return ""
    right = f"{known}.{_polly(name) if known == 'Polly' else _google(name)}"
    return right if right != voice else ""


def _without_provider(voice: str) -> str:
    if voice in BASIC:
        return ""
    if voice.casefold() in BASIC:
        return voice.casefold()
    name, _, engine = voice.partition("-")
    polly = next((each for each in POLLY if each.casefold() == name.casefold()), "")
    if polly and (not engine or nearest(engine, ENGINES, 0.8)):
        return f"Polly.{_polly(voice)}"
    found = _GOOGLE.fullmatch(voice)
    return f"Google.{_google(voice)}" if found and nearest(found[2], GOOGLE_KINDS, 0.8) else ""


def _polly(name: str) -> str:
    first, dash, engine = name.partition("-")
    right = first if first in POLLY else nearest(first, POLLY, 0.85) or first
    return f"{right}{dash}{engine if engine in ENGINES else nearest(engine, ENGINES, 0.75) or engine}"


def _google(name: str) -> str:
    found = _GOOGLE.fullmatch(name)
    if found is None:
        return name
    locale, kind, rest = found[1], found[2], found[3] or ""
    return f"{meant_language(locale) or locale}-{kind if kind in GOOGLE_KINDS else nearest(kind, GOOGLE_KINDS, 0.8) or kind}{rest}"
