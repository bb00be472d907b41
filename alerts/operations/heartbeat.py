"""The call to an outside monitor: it comes while all is well, so that silence is the alarm."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import requests
from django.conf import settings

from alerts.beats import HEARTBEAT
from alerts.health import troubles
from alerts.operations.turns import take_turn
from alerts.turns import due

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=30)
LONGEST_WAIT_S = 5.0


def ping_if_well(now: datetime) -> bool:
    """Call HEARTBEAT_URL if nothing that the audit's first four rules forbid is found; by one process in 30 seconds.

    No transaction is open meanwhile. A call that fails is logged and harms nothing.
    """
    if not settings.HEARTBEAT_URL or not due({HEARTBEAT: EVERY}, now=now):
        return False
    if not take_turn(HEARTBEAT, every=EVERY, now=now):
        return False
    if found := troubles(now):
        log.warning("No heartbeat is sent: %s", "; ".join(found))
        return False
    try:
        answer = requests.get(settings.HEARTBEAT_URL, timeout=LONGEST_WAIT_S, stream=True, allow_redirects=False)
        answer.close()
    except requests.RequestException as error:
        log.warning("The heartbeat did not reach its monitor: %s", type(error).__name__)
        return False
    return True
