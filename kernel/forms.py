"""How forms are drawn: label above, hint and error below, all tied to the input for screen readers."""

from datetime import date
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms import DateField, DateTimeField, FileField, FileInput, Widget, widgets
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from kernel import files, selects
from kernel.api.times import FIRST_YEAR, LAST_YEAR
from kernel.errors import Invalid
from kernel.filekinds import KINDS

INPUT_DAY: Final = "%Y-%m-%d"  # as browsers want it
INPUT_TIME: Final = f"{INPUT_DAY}T%H:%M"
CSS_CLASSES: Final[tuple[tuple[type[Widget], str], ...]] = (
    (widgets.CheckboxInput, ""),
    (widgets.RadioSelect, ""),
    (widgets.CheckboxSelectMultiple, ""),
    (widgets.Select, "select"),
    (widgets.Textarea, "textarea"),
)


class Renderer(TemplatesSetting):
    form_template_name = "kernel/forms/form.html"
    field_template_name = "kernel/forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """Lists to choose from are drawn without Django's two templates an option: many pages have one of all clients
        or of all people of a department."""
        if template_name == widgets.Select.template_name:
            return selects.draw(context["widget"])
        return super().render(template_name, context, request)


class RadioSelect(widgets.RadioSelect):
    """A few choices side by side; where the form begins with them, the first one has the focus."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        if option["index"] != "0":
            option["attrs"].pop("autofocus", None)
        return option


def within_known_years(value: date) -> None:
    """A year outside is a slip; the API takes it as little."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        words = _("Days lie between the years %(first)d and %(last)d.")
        raise ValidationError(words, code="year", params={"first": FIRST_YEAR, "last": LAST_YEAR})


def day(**kwargs: Any) -> DateField:
    """A field for a day, in the browser's own input."""
    widget = widgets.DateInput(format=INPUT_DAY, attrs={"type": "date"})
    return DateField(**{"widget": widget, "validators": [within_known_years], **kwargs})


def moment(**kwargs: Any) -> DateTimeField:
    """A field for date and time, in the browser's own input."""
    widget = widgets.DateTimeInput(format=INPUT_TIME, attrs={"type": "datetime-local"})
    return DateTimeField(**{"widget": widget, "validators": [within_known_years], **kwargs})


def css_class(widget: Widget) -> str:
    """The class of the design for a widget; a class the form gave it stays."""
    own = next((name for kind, name in CSS_CLASSES if isinstance(widget, kind)), "input")
    return f"{own} {widget.attrs.get('class', '')}".strip()


class UploadField(FileField):
    """A file that `kernel.files` takes; the form's operation keeps it by `files.store`."""

    widget = FileInput

    def __init__(self, **kwargs: Any) -> None:
        hint = format_lazy(
            _("At most {limit} MB: text, pictures, PDF, office documents or zip."), limit=settings.MAX_UPLOAD_MB
        )
        super().__init__(**{"help_text": hint, **kwargs})

    def widget_attrs(self, widget: Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": ",".join(f".{extension}" for extension in KINDS)}

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if isinstance(upload, UploadedFile):
            try:
                files.check(upload)
            except Invalid as error:
                raise ValidationError(error.message, code=error.code) from error
        return upload
