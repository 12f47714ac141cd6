"""The keys of an embedded installation, made before Django reads its settings."""

import base64
import os
import secrets

from config import env
from config.launch import LaunchError, private
from config.paths import ENCRYPTION_KEYS_FILE, SECRET_KEY_FILE, SQLITE_FILE, VAR


def ensure() -> None:
    """Make what is missing, and never a new encryption key where an old one may be needed."""
    os.umask(0o077)
    private.make_folder(VAR)
    if not env.secret("SECRET_KEY", fallback=SECRET_KEY_FILE):
        private.write_new(SECRET_KEY_FILE, secrets.token_urlsafe(64) + "\n")
    if not env.secret("FIELD_ENCRYPTION_KEY", fallback=ENCRYPTION_KEYS_FILE):
        _refuse_beside_data()
        private.write_new(ENCRYPTION_KEYS_FILE, _new() + "\n")


def own_file() -> bool:
    """Whether the encryption keys are read from the file that this installation keeps itself."""
    return not env.given("FIELD_ENCRYPTION_KEY") and ENCRYPTION_KEYS_FILE.exists()


def put_first() -> None:
    """Put a new encryption key before the one in the file. Every process has to be started again to know it."""
    with private.alone_in(ENCRYPTION_KEYS_FILE.parent):
        if len(_kept()) > 1:
            raise LaunchError(f"{ENCRYPTION_KEYS_FILE} holds more than one key already.")
        private.replace(ENCRYPTION_KEYS_FILE, "\n".join([_new(), *_kept()]) + "\n")


def keep_first() -> None:
    """Leave only the first encryption key in the file."""
    with private.alone_in(ENCRYPTION_KEYS_FILE.parent):
        private.replace(ENCRYPTION_KEYS_FILE, _kept()[0] + "\n")


def _kept() -> list[str]:
    return env.keys("FIELD_ENCRYPTION_KEY", fallback=ENCRYPTION_KEYS_FILE)


def _new() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def _refuse_beside_data() -> None:
    if env.secret("DATABASE_URL"):
        raise LaunchError(
            "LANDFALL_DATABASE_URL is set and LANDFALL_FIELD_ENCRYPTION_KEY is not: give it the key that the database "
            "was encrypted with, for a new one the output of `openssl rand -base64 32 | tr '+/' '-_'`."
        )
    if SQLITE_FILE.exists() and SQLITE_FILE.stat().st_size:
        raise LaunchError(
            f"The encryption key {ENCRYPTION_KEYS_FILE} is missing, and only it can read the secrets in {SQLITE_FILE}: "
            "put it back from your backup, or move the database away to begin anew."
        )
