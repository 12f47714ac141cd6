"""Certificates for the servers of the tests, from CAs that are made for one test session."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme


@dataclass(frozen=True)
class Authority:
    """A private CA. `pem` is what a user pastes to trust it."""

    ca: trustme.CA

    @property
    def pem(self) -> str:
        text: str = self.ca.cert_pem.bytes().decode()
        return text

    def write(self, folder: Path, *names: str) -> tuple[Path, Path]:
        """Issue a certificate for `names` into `folder`: the paths of the chain and of the key."""
        issued = self.ca.issue_cert(*names)
        chain, key = folder / "server.crt", folder / "server.key"
        chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        key.touch(mode=0o600)
        key.write_bytes(issued.private_key_pem.bytes())
        return chain, key


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The CA that issued the certificates of the servers."""
    return Authority(trustme.CA())


@pytest.fixture(scope="session")
def stranger() -> Authority:
    """A CA that issued nothing, to trust instead."""
    return Authority(trustme.CA(organization_name="A stranger"))
