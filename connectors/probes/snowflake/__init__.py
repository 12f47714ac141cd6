"""Schemas of Snowflake databases, over the two protocols that its two kinds of credentials need."""

from connectors.probes.snowflake.checking import EFFECT, STEPS, check
from connectors.probes.snowflake.keys import PrivateKeyField
from connectors.probes.snowflake.place import Place

__all__ = ["EFFECT", "STEPS", "Place", "PrivateKeyField", "check"]
