"""The environment of a test run, set before Django reads its settings: a running installation is never touched."""

import atexit
import os
import shutil
import tempfile

if "PYTEST_XDIST_WORKER" not in os.environ:
    folder = tempfile.mkdtemp(prefix="tamhub-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["TAMHUB_DATA"] = folder
SETTINGS = (
    *(
        "ALLOWED_HOSTS",
        "BEHIND_TLS_PROXY",
        "DEBUG",
        "DEMO",
        "DEFAULT_FROM_EMAIL",
        "DUTY_EMAIL",
        "EMAIL_URL",
        "LOG_LEVEL",
    ),
    *(
        "MAX_UPLOAD_MB",
        "METRICS",
        "OUTBOUND_ALLOWED_HOSTS",
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "SITE_URL",
        "STATIC_ROOT",
    ),
    *("TIME_ZONE", "TRUSTED_PROXIES"),
)
for name in SETTINGS:
    os.environ.pop(name, None)
