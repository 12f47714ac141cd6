"""Dedicated SQL pools of Azure Synapse, and the storage that they are loaded from."""

from connectors.probes.synapse.checking import EFFECT, STEPS, check
from connectors.probes.synapse.storage import SasUrlField, Storage

__all__ = ["EFFECT", "STEPS", "SasUrlField", "Storage", "check"]
