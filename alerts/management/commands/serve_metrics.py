import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.simple_server import WSGIServer

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from alerts.metrics import Figures
from kernel.clock import database_now


class FreshFigures(Collector):
    """The figures of the moment of each scrape, over a connection that the database may have dropped since the last."""

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        close_old_connections()
        try:
            yield from Figures(database_now()).collect()
        finally:
            close_old_connections()


class Command(BaseCommand):
    help = "Serve the figures for Prometheus at /metrics on a port of their own, apart from the web server."
    requires_system_checks = (Tags.security,)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=9108)
        parser.add_argument("--address", default="127.0.0.1", help="the interface; 127.0.0.1 unless told otherwise")

    def handle(self, *args: Any, **options: Any) -> None:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(FreshFigures())
        server, thread = start_http_server(options["port"], addr=options["address"], registry=registry)
        self.stdout.write(f"Serving http://{options['address']}:{server.server_port}/metrics")
        self.wait_for(server, thread)

    def wait_for(self, server: WSGIServer, thread: threading.Thread) -> None:
        """Until the process is stopped."""
        thread.join()
