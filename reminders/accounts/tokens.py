"""Tokens that let somebody in: unguessable, and kept as hashes alone."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """256 bits, as letters that a URL and a cookie can carry."""
    return secrets.token_urlsafe(_BYTES)


def hash_token(token: str) -> str:
    """What the database keeps. A fast hash is enough: what is hashed cannot be guessed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
