"""What a server says first: told apart from other protocols before the driver, which would choke on them, sees it."""

import asyncio
from collections.abc import Iterable
from typing import SupportsIndex

from connectors.probes.mysql.place import Place
from connectors.problems import CheckFailed

HEADER = 4  # bytes: the length of a packet in three, and its number
PROTOCOL, ERROR = 10, 255  # the first byte of a greeting: the version since MySQL 3.21, or a refusal
LONGEST = 4096  # bytes of a greeting, many times what servers say
REMEDY_OTHER = "Check the host and the port: MySQL and MariaDB listen on 3306, unless set otherwise."


class Hearing(asyncio.StreamReader):
    """Passes on what arrives; a peer that does not begin as a server of MySQL's protocol is cut short."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place
        self._heard = bytearray()
        self._greeted = False
        self._more = 0

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        words = bytes(data)
        self._more += len(words)
        if not self._greeted:
            self._heard += words
            if _is_stranger(bytes(self._heard)):
                self.set_exception(stranger(self._place))
                return
            self._greeted = len(self._heard) > HEADER
        super().feed_data(words)

    @property
    def nothing(self) -> bool:
        return not self._more

    @property
    def out_of_turn(self) -> bool:
        """Whether more than the greeting has arrived; before TLS nobody may say more."""
        return self._more > HEADER + int.from_bytes(self._heard[:3], "little")


def _is_stranger(heard: bytes) -> bool:
    if len(heard) >= HEADER and (heard[3] != 0 or not 1 < int.from_bytes(heard[:3], "little") <= LONGEST):
        return True
    return len(heard) > HEADER and heard[HEADER] not in (PROTOCOL, ERROR)


def stranger(place: Place) -> CheckFailed:
    return CheckFailed("protocol", f"{place.where} does not answer as a MySQL or MariaDB server.", REMEDY_OTHER)
