"""Whom a rule is for, and on which conditions, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reminders.describing.figures import join_words
from reminders.rules import AppliesTo, Rule, When


def say_whom(rule: Rule) -> str:
    """Such as 'for session 1, where site is face or neck: '; nothing where the rule is for all."""
    said = list(_list_whom(rule.applies_to))
    return f"{', '.join(said)}: " if said else ""


def _list_whom(applies_to: AppliesTo) -> Iterator[str]:
    if applies_to.session == "last":
        yield "for the last session, once their number is decided"
    elif applies_to.session is not None:
        yield f"for session {applies_to.session}"
    if applies_to.sessions_from is not None:
        yield f"from session {applies_to.sessions_from} on"
    if applies_to.attributes:
        yield "where " + join_words(
            f"{name} is {join_words(values, 'or')}" for name, values in applies_to.attributes.items()
        )


def say_conditions(when: When) -> Iterator[str]:
    """One sentence with all of them, if there are any."""
    if said := list(_list_conditions(when)):
        yield f"only {join_words(said)}"


def _list_conditions(when: When) -> Iterator[str]:
    if when.session_due is not None:
        yield f"while there is {'a' if when.session_due else 'no'} next session to come"
    if when.session_booked is not None:
        yield f"while {'a' if when.session_booked else 'no'} visit is booked"
    if when.total_decided is not None:
        yield f"while the number of sessions is {'decided' if when.total_decided else 'undecided'}"
    for question, answer in when.answer.items():
        yield f"where the answer to “{question}” is “{answer}”"
    for question in when.unanswered:
        yield f"while “{question}” has no answer"
    for event in when.happened:
        yield f"once “{event}” is recorded"
    for event in when.not_happened:
        yield f"while “{event}” is not recorded"
