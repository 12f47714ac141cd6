"""An HTTP server that answers every request at once with 204, except for /hang, which it never answers.

It listens on one port of `hosts` loopback addresses, 127.1.0.1 and on, because Landfall bounds how many checks of one
host run at once. It prints the port and runs until its standard input ends.
"""

import asyncio
import sys

import uvloop

ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


class Responder(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if b" /hang" not in data[:16]:
            self.transport.write(ANSWER)


def host(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


async def main(hosts: int) -> None:
    loop = asyncio.get_running_loop()
    first = await loop.create_server(Responder, host(0), 0, backlog=1024)
    port = first.sockets[0].getsockname()[1]
    for number in range(1, hosts):
        await loop.create_server(Responder, host(number), port, backlog=1024)
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
