from django.apps import AppConfig


class TamHubConfig(AppConfig):
    name = "tamhub"

    def ready(self) -> None:
        from tamhub import checks  # noqa: F401, PLC0415 - registers the system checks
