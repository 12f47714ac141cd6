"""Every destination type, one file each, in the order in which people are shown them."""

from connectors.base import Connector

ALL: tuple[type[Connector], ...] = ()
