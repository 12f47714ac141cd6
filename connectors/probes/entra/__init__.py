"""Signing in at Microsoft Entra ID, formerly Azure Active Directory, as a service principal."""

from connectors.probes.entra.principal import CLOUDS, PrincipalSection, ServicePrincipal, token

__all__ = ["CLOUDS", "PrincipalSection", "ServicePrincipal", "token"]
