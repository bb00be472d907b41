"""How forms are drawn: label above, hint and error below, all tied to the input for screen readers."""

from typing import Final

from django.forms import Widget, widgets
from django.forms.renderers import TemplatesSetting

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


def css_class(widget: Widget) -> str:
    """The class of the design for a widget; a class the form gave it stays."""
    own = next((name for kind, name in CSS_CLASSES if isinstance(widget, kind)), "input")
    return f"{own} {widget.attrs.get('class', '')}".strip()
