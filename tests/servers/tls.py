"""The server's side of TLS: certificates that are right, and wrong in each of the ways there are."""

import datetime
import ssl
import tempfile

from tests.servers.certificates import Authority


def server_context(authority: Authority, *names: str, expired: bool = False, client: Authority | None = None):
    """What a server needs to present a certificate for `names`; it demands one of `client` when that is given."""
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    issued = authority.ca.issue_cert(*names, not_after=past if expired else None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    if client:
        client.ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def self_signed_context(authority: Authority):
    """A server that presents the CA's own certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(authority.ca.private_key_pem.bytes() + authority.ca.cert_pem.bytes())
        file.flush()
        context.load_cert_chain(file.name)
    return context
