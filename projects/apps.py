from datetime import timedelta

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        from alerts import chores  # noqa: PLC0415 - models are there only now
        from projects import timeline  # noqa: PLC0415
        from projects.operations import announcing  # noqa: PLC0415
        from projects.timelinework import Work  # noqa: PLC0415

        chores.register("announce tasks", timedelta(seconds=15), announcing.announce_due)
        chores.register("notice silence", timedelta(minutes=5), announcing.notice_silence)
        timeline.register(Work())
