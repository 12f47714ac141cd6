"""What the web server calls."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config.handling import Handler  # noqa: E402  models can be loaded from here on
from config.launch import admission  # noqa: E402

application = Handler()
admission.enter("web")
