"""Places at which the chaos suite stops a process; they do nothing unless TAMHUB_TESTING=1."""

import os
import signal
import time

_SLEEP_S = 3600.0


class FailpointError(Exception):
    """Raised on purpose."""


def failpoint(name: str) -> None:
    """TAMHUB_FAILPOINT=<name>:kill, :sleep or :raise, while TAMHUB_TESTING=1: die here, hang here, fail here."""
    if os.environ.get("TAMHUB_TESTING") != "1":
        return
    chosen, _, action = os.environ.get("TAMHUB_FAILPOINT", "").partition(":")
    if chosen != name:
        return
    match action:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "sleep":
            time.sleep(_SLEEP_S)
        case "raise":
            raise FailpointError(name)
