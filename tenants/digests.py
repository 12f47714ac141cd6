"""What stands in the database for a text that has no business there."""

import hashlib


def digest(text: str) -> str:
    """SHA-256, in hexadecimal, of any text, half a surrogate pair too.

    Keys and codes hold 256 random bits, so it cannot be guessed back; a slow hash would cost every request.
    """
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
