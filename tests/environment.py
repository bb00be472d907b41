"""The environment of a test run, set before Django reads its settings: tests never touch the data of a running installation."""

import atexit
import os
import shutil
import tempfile

if "PYTEST_XDIST_WORKER" not in os.environ:
    folder = tempfile.mkdtemp(prefix="tamhub-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["TAMHUB_DATA"] = folder
for name in ("SECRET_KEY", "EMAIL_URL", "SITE_URL", "DEBUG", "ALLOWED_HOSTS", "DUTY_EMAIL", "TIME_ZONE"):
    os.environ.pop(name, None)
