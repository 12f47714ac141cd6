"""The driver's session over a connection that is there already, and TLS that is never left out.

By itself the driver would connect unvetted, go on in clear when a server offers no TLS, and give the password away in
clear to whatever server asks for it.
"""

import asyncio
import ssl
import struct
from contextlib import suppress

import aiomysql
from pymysql.charset import charset_by_name
from pymysql.connections import MAX_PACKET_LEN
from pymysql.constants import CLIENT
from pymysql.err import MySQLError

from connectors.egress import server_name
from connectors.probes.mysql.greeting import Hearing, stranger
from connectors.probes.mysql.place import Place
from connectors.probes.streams import hang_up
from connectors.problems import CheckFailed
from connectors.sslmode import VERIFIED
from connectors.tls import explained, limited

# What the driver raises when a peer breaks the rules of the protocol or the line: it checks few of them by itself.
ERRORS = (
    MySQLError, OSError, EOFError, RuntimeError, AssertionError, AttributeError, LookupError, TypeError, ValueError,
    struct.error,
)  # fmt: skip
NO_TLS = (
    "Let the server speak TLS (ssl_cert and ssl_key in its configuration). Or set sslmode to disable; then everything, "
    "also the password, travels where others may read it."
)
_NATIVE, _SHA2, _CLEAR = "mysql_native_password", "caching_sha2_password", "mysql_clear_password"
_UNKNOWN_METHOD = 2059


class Session(aiomysql.Connection):  # type: ignore[misc]
    def __init__(self, place: Place, hearing: Hearing, writer: asyncio.StreamWriter) -> None:
        # The driver encodes passwords as Latin-1; servers compare bytes, which are UTF-8 nowadays.
        password = place.password.encode().decode("latin-1")
        super().__init__(user=place.username, password=password, charset="utf8mb4", autocommit=None)
        self._connect_attrs = {"program_name": "landfall"}
        self.client_flag &= ~CLIENT.MULTI_STATEMENTS
        self.place = place
        self._reader, self._line, self._socket = hearing, writer, writer.transport
        self._writer: asyncio.StreamWriter | None = writer

    async def greet(self) -> None:
        """Hear who the server is."""
        self._next_seq_id = 0
        await self._get_server_information()

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """Raises `CheckFailed`."""
        if not self.server_capabilities & CLIENT.SSL:
            raise CheckFailed("tls", f"The server at {self.place.where} does not offer TLS.", NO_TLS)
        if self._reader.out_of_turn:  # it would be taken for what comes later, under the protection of TLS
            raise stranger(self.place)
        self.client_flag |= CLIENT.SSL
        charset = charset_by_name(self.charset).id
        self.write_packet(struct.pack("<iIB23s", self.client_flag, MAX_PACKET_LEN, charset, b""))
        with explained(self.place.host, self.place.port):
            async with limited():
                await self._line.start_tls(context, server_hostname=server_name(self.place.host))
        self._secure = True

    async def sign_in(self) -> None:
        # Servers name the method of their own choice, then ask for that of the account.
        self._client_auth_plugin = _SHA2 if self._server_auth_plugin == _SHA2 else _NATIVE
        await self._request_authentication()
        self.connected_time = self._loop.time()

    async def ask(self, statement: str) -> str:
        """Execute a statement; the first value that it answers with, as text."""
        await self.query(statement)
        rows = self._result.rows if self._result else None
        return str(rows[0][0]) if rows else ""

    async def end(self) -> None:
        with suppress(OSError, RuntimeError):
            if self._writer is not None and self.connected_time is not None:
                self._next_seq_id = 0
                self.write_packet(b"\x01")  # "quit", or the server counts an aborted connection
        self._writer = None
        try:
            await hang_up(self._line)
        finally:
            self._socket.abort()  # asyncio waits half a minute for a server that does not end TLS in its turn

    #: When the sign-in succeeded; until then there is nothing to quit.
    connected_time: float | None = None

    async def _process_auth(self, plugin_name: bytes, auth_packet: object) -> object:
        trusted = self._secure and self.place.sslmode in VERIFIED
        if plugin_name == _CLEAR.encode() and trusted:
            return await super()._process_auth(plugin_name, auth_packet)
        if plugin_name in (_NATIVE.encode(), _SHA2.encode(), b"sha256_password"):
            return await super()._process_auth(plugin_name, auth_packet)
        raise aiomysql.OperationalError(_UNKNOWN_METHOD)
