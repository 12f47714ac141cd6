"""Signing in at Microsoft Entra ID, formerly Azure Active Directory, as a service principal."""

from connectors.probes.entra.principal import CLOUDS, PUBLIC, PrincipalSection, ServicePrincipal, cloud_of, token

__all__ = ["CLOUDS", "PUBLIC", "PrincipalSection", "ServicePrincipal", "cloud_of", "token"]
