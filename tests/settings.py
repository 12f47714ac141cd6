"""`config.settings` for the tests: nothing of the caller's installation, and a key of its own."""

import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

for name in [name for name in os.environ if name.startswith("LANDFALL_")]:
    if name not in ("LANDFALL_TEST_DATABASE_URL", "LANDFALL_REQUIRE_SERVERS"):
        del os.environ[name]

SCRATCH = tempfile.TemporaryDirectory(prefix="landfall-tests-")  # emptied when the process ends

os.environ["LANDFALL_VAR"] = SCRATCH.name
os.environ["LANDFALL_SECRET_KEY"] = "not a secret: only the tests sign with it, and nothing they sign outlives them"
os.environ["LANDFALL_FIELD_ENCRYPTION_KEY"] = Fernet.generate_key().decode()
os.environ["LANDFALL_EGRESS_ALLOW"] = "127.0.0.0/8,::1/128"
os.environ["LANDFALL_AWS_ACCESS_KEY_ID"] = "AKIALANDFALLADMIN000"  # as in tests/servers/s3.py
os.environ["LANDFALL_AWS_SECRET_ACCESS_KEY"] = "the-admin's/secret+key="
os.environ["LANDFALL_DATABASE_URL"] = os.environ.get("LANDFALL_TEST_DATABASE_URL", "")
os.environ["LANDFALL_BROKER_URL"] = "memory://"
os.environ["LANDFALL_LOG_FORMAT"] = "console"

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STORAGES  # noqa: E402

if "sqlite" in DATABASES["default"]["ENGINE"]:
    # A file, as in the product: the locks of an in-memory database are others.
    DATABASES["default"]["TEST"] = {"NAME": Path(SCRATCH.name) / "test.sqlite3"}
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# All tests come from one address, and each of them counts from nothing: who is about limits sets them.
FAILED_SIGN_INS_PER_NAME = FAILED_SIGN_INS_PER_ADDRESS = REQUESTS_PER_KEY = CHECKS_PER_TENANT = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files straight from where they are kept; nothing is collected.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
