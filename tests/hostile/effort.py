"""How much is asked: `--hypothesis-profile=thorough` is twenty times as much, and something else each time."""

from hypothesis import HealthCheck, Phase, settings

COMMON = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
settings.register_profile("usual", derandomize=True, max_examples=100, **COMMON)
settings.register_profile("thorough", max_examples=2000, phases=[Phase.explicit, Phase.generate], **COMMON)


def asking(share: float) -> settings:
    """`share` of a hundred requests."""
    profile = settings.get_profile("thorough" if settings.get_current_profile_name() == "thorough" else "usual")
    return settings(profile, max_examples=int(share * profile.max_examples))
