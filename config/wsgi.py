import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from config.launch import admission  # noqa: E402  models can be loaded from here on

admission.enter("web")
