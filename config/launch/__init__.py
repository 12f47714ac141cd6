"""How `manage.py start` makes and runs an installation of one machine."""


class LaunchError(Exception):
    """The text is one sentence or two for a person, with what to do; it holds no secret."""
