"""Lists to choose from are drawn as Django draws them."""

from __future__ import annotations

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html

FLAT = [("", "Nobody"), ("1", "Ann <b>&"), (2, "Bo"), ("q\"'", "Quote")]
GROUPED = [("", "-"), ('Net & "work"', [(1, "Ann"), (2, "Bo")]), ("DBA", [(3, "Cy")])]


class Form(forms.Form):
    flat = forms.ChoiceField(choices=FLAT, required=False)
    grouped = forms.ChoiceField(choices=GROUPED)
    many = forms.MultipleChoiceField(choices=FLAT)
    off = forms.ChoiceField(choices=FLAT, disabled=True, widget=forms.Select(attrs={"data-x": 'a"b', "hidden": True}))


@pytest.mark.parametrize("name", list(Form.base_fields))
@pytest.mark.parametrize(
    "data",
    [None, {"flat": "1", "grouped": "2", "many": ["1", "2"], "off": "2"}, {"flat": "<x>", "grouped": "", "many": []}],
)
def test_a_list_says_what_djangos_own_templates_say(name, data):
    ours, theirs = (Form(data, renderer=renderer)[name] for renderer in (None, DjangoTemplates()))
    assert parse_html(str(ours)) == parse_html(str(theirs))
