"""Passwords: argon2id hashes, and which ones are refused."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from reminders.model import InputRefusal

SHORTEST = 12
LONGEST = 256
_FEWEST_LETTERS = 5
_FEWEST_OF_ITS_OWN = 8
"""Characters beside the names that everybody knows."""

_hasher = PasswordHasher()

# Each hash takes 64 MB: a crowd at the sign-in page must not take the machine's memory.
_at_once = threading.BoundedSemaphore(4)


def require_strong(password: str, known_words: list[str]) -> None:
    """Raises InputRefusal for what is quickly guessed. `known_words` are those that stand around it: names."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputRefusal(f"Choose a password of {SHORTEST} to {LONGEST} characters; a few words make a good one.")
    folded = password.casefold()
    is_name = any(word and len(folded.replace(word.casefold(), "")) < _FEWEST_OF_ITS_OWN for word in known_words)
    if is_name or len(set(folded)) < _FEWEST_LETTERS:
        raise InputRefusal("This password is too easy to guess: choose a few words that do not belong together.")


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. For a user who is not there (None) it takes as long, and is False (S5)."""
    with _at_once:
        try:
            is_right = _hasher.verify(password_hash or _nobodys_hash(), password)
        except (VerifyMismatchError, InvalidHashError):
            return False
    return is_right and password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("of a user who is not there")
