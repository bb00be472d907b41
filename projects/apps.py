from datetime import timedelta

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        from alerts import chores  # noqa: PLC0415 - models are there only now
        from projects import timeline  # noqa: PLC0415
        from projects.operations import announcing, documents, posts  # noqa: PLC0415
        from projects.timelinework import Work  # noqa: PLC0415

        chores.register("announce tasks", timedelta(seconds=15), announcing.announce_due)
        chores.register("notice silence", timedelta(minutes=5), announcing.notice_silence)
        chores.register("tell of documents", timedelta(minutes=5), documents.tell_owners)
        chores.register("seat deputies", timedelta(minutes=1), posts.seat_deputies)
        timeline.register(Work())
