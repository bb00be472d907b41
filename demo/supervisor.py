"""Runs the processes of the demo side by side and ends them together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

GRACE_S = 10.0


@dataclass
class Supervisor:
    """Children in process groups of their own, so that Ctrl-C in the terminal reaches them only through here."""

    environment: dict[str, str]
    log_dir: str
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _stopping: bool = False

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start one child; what it says goes to `<name>.log`."""
        log = open(os.path.join(self.log_dir, f"{name}.log"), "ab")  # noqa: SIM115, PTH118, PTH123 - the child owns it
        self._children[name] = subprocess.Popen(  # noqa: S603 - commands of this module's caller
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def watch_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def wait_for(self, ready: Callable[[], bool], *, timeout_s: float) -> bool:
        """True as soon as `ready()` is; False when a child ended, time is up, or somebody pressed Ctrl-C."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and not self._stopping and not self.ended():
            if ready():
                return True
            time.sleep(0.1)
        return False

    def ended(self) -> str:
        """The name of a child that has ended, or nothing."""
        return next((name for name, child in self._children.items() if child.poll() is not None), "")

    def run(self) -> int:
        """Wait for Ctrl-C (0) or for a child that ends by itself (1)."""
        while not self._stopping:
            if name := self.ended():
                sys.stderr.write(f"{name} ended by itself; see {self.log_dir}/{name}.log\n")
                return 1
            time.sleep(0.2)
        return 0

    def shut_down(self) -> None:
        """End all children, politely first; none is left."""
        for child in self._children.values():
            child.terminate()  # the leader ends its own children
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline and any(child.poll() is None for child in self._children.values()):
            time.sleep(0.1)
        for child in self._children.values():
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
