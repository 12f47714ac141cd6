"""Whom a check signs in as where the other side is told a public key instead of giving out a password."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

COMMENT = "landfall"  # by which people find the line again in a list of keys


@dataclass(frozen=True, slots=True)
class Identity:
    """An Ed25519 key pair: `public` is one line and `private` is PEM text, both as OpenSSH writes them."""

    public: str
    private: str = field(repr=False)

    @classmethod
    def generate(cls) -> "Identity":
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode("ascii")
        return cls(f"{public} {COMMENT}", private)
