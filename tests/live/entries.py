"""Every entry, and so every type: a module of entries is one that stands here."""

from tests.live import brokers, clouds, databases, web
from tests.live.declaring import ENTRIES

__all__ = ["ENTRIES", "brokers", "clouds", "databases", "web"]
