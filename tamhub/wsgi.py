"""WSGI entry point. Refuses to serve when a system check finds the settings unsafe: gunicorn runs no checks itself."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tamhub.settings")
application = get_wsgi_application()

from tamhub.checks import refuse_unsafe_settings  # noqa: E402 - the apps must be loaded first

refuse_unsafe_settings()
