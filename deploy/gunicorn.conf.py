"""How gunicorn serves TamHub in production: `gunicorn --config deploy/gunicorn.conf.py tamhub.wsgi`.

WEB_CONCURRENCY sets the number of processes (gunicorn reads it itself), HOST and PORT where they listen.
"""

import os
from typing import Any

from gunicorn.glogging import Logger


class WithoutSecrets(Logger):
    """Addresses of calendar feeds and of links in mails are secret: their reading is not logged."""

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        if not req.path.startswith(("/act/t/", "/duty/feed/", "/feedback/")):
            super().access(resp, req, environ, request_time)


bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
if "WEB_CONCURRENCY" not in os.environ:
    workers = 2 * (os.cpu_count() or 1)
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 20
max_requests = 5000
max_requests_jitter = 500
accesslog = "-"
logger_class = WithoutSecrets
# The heartbeat of a worker is a file: in memory it cannot stall on a slow disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108
control_socket_disable = True
