from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self) -> None:
        from incidents.subject import IncidentClocks  # noqa: PLC0415 - models are ready only now
        from incidents.timeline import Incidents  # noqa: PLC0415
        from projects import timeline  # noqa: PLC0415
        from sla.subjects import register  # noqa: PLC0415

        register(IncidentClocks.kind, IncidentClocks())
        timeline.register(Incidents())
