"""Five vendors' own APIs, spelled over the native model: no rule of business lives here."""
