"""The lint rules, by code."""

from engine.diagnostics.diagnostic import Severity
from engine.model.lint.asking import clash, impossible_key, refused_digits, silent_end
from engine.model.lint.endings import falls_silent, many_messages, start_for_nothing
from engine.model.lint.languages import untranslated
from engine.model.lint.prompts import unmatched
from engine.model.lint.reach import after_action, circle, lonely, unreachable
from engine.model.lint.secrets import leaves
from engine.model.lint.sounds import silent_play
from engine.model.lint.survey import Rule
from engine.model.lint.texts import left_to_twilio, no_reply
from engine.model.lint.transcripts import transcribed_later

RULES: tuple[Rule, ...] = (
    Rule("L101", Severity.WARNING, unreachable),
    Rule("L102", Severity.HINT, lonely, across=True),
    Rule("L103", Severity.WARNING, circle, across=True),
    Rule("L201", Severity.WARNING, silent_end),
    Rule("L202", Severity.HINT, unmatched),
    Rule("L203", Severity.WARNING, impossible_key),
    Rule("L204", Severity.WARNING, falls_silent),
    Rule("L205", Severity.WARNING, clash),
    Rule("L206", Severity.WARNING, many_messages),
    Rule("L207", Severity.WARNING, start_for_nothing),
    Rule("L211", Severity.WARNING, left_to_twilio),
    Rule("L212", Severity.WARNING, no_reply),
    Rule("L213", Severity.HINT, refused_digits),
    Rule("L220", Severity.WARNING, after_action),
    Rule("L312", Severity.WARNING, transcribed_later),
    Rule("L403", Severity.WARNING, silent_play),
    Rule("L421", Severity.WARNING, untranslated),
    Rule("L424", Severity.HINT, leaves),
)
