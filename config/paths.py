from pathlib import Path

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent

# What the embedded start keeps; every file is private.
VAR = Path(env.text("VAR", str(BASE_DIR / "var"))).resolve()
SECRET_KEY_FILE = VAR / "secret_key"
ENCRYPTION_KEYS_FILE = VAR / "encryption_keys"
EGRESS_ALLOW_FILE = VAR / "egress_allow"
ADMIN_LOGIN_FILE = VAR / "admin_login"
SQLITE_FILE = VAR / "landfall.sqlite3"
BROKER_FILE = VAR / "broker.sqlite3"
BEAT_FILE = VAR / "beat"
STATIC_DIR = VAR / "static"
LOCK_FILE = VAR / "start.lock"
