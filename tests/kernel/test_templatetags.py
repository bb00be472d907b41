"""Tags and filters of the design: what people read, and what screen readers are told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from kernel import icons
from kernel.bars import Bar, Segment
from kernel.templatetags import ui

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday


def render(source: str, **context) -> str:
    with timezone.override("Europe/Vienna"):
        return Template("{% load ui %}" + source).render(Context({"now": NOW, **context}))


# --- time -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (12, "12 s"), (59, "59 s"), (60, "1 min"), (479, "7 min"), (3600, "1 h"), (14880, "4 h 08 min"),
        (40 * 3600, "40 h"), (100 * 3600, "4 d 4 h"), (240 * 3600, "10 d"), (-720, "\u221212 min"), (None, "–"),
        (timedelta(minutes=90), "1 h 30 min"), (14880.9, "4 h 08 min"),
    ],
)  # fmt: skip
def test_a_duration_reads_as_people_say_it(seconds, words):
    assert ui.duration(seconds).replace(ui.SPACE, " ") == words


def test_a_duration_never_breaks_over_two_lines():
    assert " " not in ui.duration(14880)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(761, "00:12:41"), (0, "00:00:00"), (-1, "+00:00:01"), (-512, "+00:08:32"), (142740, "39:39:00"), (None, "–")],
)
def test_a_countdown_counts_down_to_zero_and_then_up_with_a_plus(seconds, shown):
    assert ui.countdown(seconds) == shown


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (datetime(2026, 11, 23, 14, 0, tzinfo=UTC), "Today 15:00"),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "Tomorrow 00:30"),
        (datetime(2026, 11, 22, 22, 59, tzinfo=UTC), "Yesterday 23:59"),
        (datetime(2026, 11, 25, 9, 0, tzinfo=UTC), "Wed 25 Nov 10:00"),
        (datetime(2026, 7, 1, 10, 0, tzinfo=UTC), "Wed 1 Jul 12:00"),
        (datetime(2025, 11, 23, 12, 0, tzinfo=UTC), "23 Nov 2025 13:00"),
        (date(2026, 11, 24), "Tomorrow"),
        (date(2026, 11, 26), "Thu 26 Nov"),
    ],
)
def test_an_instant_is_told_in_the_persons_zone_and_from_the_persons_day(instant, words):
    html = render("{% when instant %}", instant=instant).replace(ui.SPACE, " ")
    assert f">{words}</time>" in html
    assert "datetime=" in html


def test_one_part_of_an_instant_can_be_told_alone():
    instant = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    assert ">10:00</time>" in render("{% when instant 'time' %}", instant=instant)
    assert f">Wed{ui.SPACE}25{ui.SPACE}Nov</time>" in render("{% when instant 'date' %}", instant=instant)


def test_no_instant_is_a_dash():
    assert render("{% when instant %}", instant=None) == "–"


@pytest.mark.parametrize(("days", "word"), [(-1, "yesterday"), (0, "today"), (1, "tomorrow")])
def test_near_days_are_written_small_inside_of_a_sentence(days, word):
    instant = NOW + timedelta(days=days)
    at_the_beginning, inside = (
        render("{% when at 'date' %}", at=instant),
        render("{% when at 'date' inside=True %}", at=instant),
    )
    assert f">{word.capitalize()}</time>" in at_the_beginning
    assert f">{word}</time>" in inside


# --- numbers ----------------------------------------------------------------------------------------------------
def test_thousands_are_parted_by_a_thin_space():
    assert ui.number(18000) == "18\u202f000"
    assert ui.number(999) == "999"
    assert ui.number(1234.56, 1) == "1\u202f234.6"


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.914, "91.4%"), (0.95, "95%"), (1, "100%"), (0, "0%"), (0.99996, "99.9%"), (0.0002, "0.1%"), (None, "–")],
)
def test_a_share_is_the_whole_only_when_it_is(share, shown):
    assert ui.percent(share) == shown


def test_numbers_follow_the_language():
    with translation.override("fr"):
        assert ui.number(1234.5, 1) == "1\u202f234,5"


@pytest.mark.parametrize(("name", "letters"), [("Elena Marsh", "EM"), ("Jean Paul van Damme", "JD"), ("Ana", "A")])
def test_initials_are_of_the_first_and_the_last_name(name, letters):
    assert ui.initials(name) == letters


# --- icons, badges, avatars -------------------------------------------------------------------------------------
def test_an_icon_beside_a_word_is_hidden_and_one_alone_is_named():
    assert 'aria-hidden="true"' in ui.icon("siren")
    assert 'role="img" aria-label="Alarm"' in ui.icon("siren", label="Alarm")
    assert 'class="i i--s"' in ui.icon("siren", size="s")


def test_an_icon_that_is_not_in_the_sprite_is_refused():
    with pytest.raises(LookupError, match="no-such-icon"):
        ui.icon("no-such-icon")


@pytest.mark.parametrize("kind", ui.BADGES)
def test_each_status_has_its_word_and_an_icon_of_the_sprite(kind):
    name, word = ui.BADGES[kind]
    html = ui.badge(kind, "" if word else "Decision today")
    assert f"badge--{kind}" in html
    assert (f"#i-{name}" in html and name in icons.NAMES) or not name
    assert str(word or "Decision today") in html


def test_each_status_has_an_icon_of_its_own():
    names = [name for name, _word in ui.BADGES.values() if name]
    assert len(names) == len(set(names))


def test_a_badge_can_say_more_than_its_word_and_never_carries_markup():
    assert "Waiting for &lt;b&gt;" in ui.badge("waiting", "Waiting for <b>")


def test_nobody_is_a_question_mark_with_a_name():
    html = ui.avatar("")
    assert "av--none" in html
    assert 'aria-label="Nobody"' in html


# --- bars, pages, forms -----------------------------------------------------------------------------------------
def test_a_bar_is_an_image_with_a_sentence_and_hatches_its_pauses():
    bar = Bar(segments=(Segment(x=0, width=38.5, kind="run"), Segment(x=38.5, width=14, kind="pause")), label="38%")
    with translation.override("fr"):
        html = render("{% bar bar %}", bar=bar)
    assert 'role="img" aria-label="38%"' in html
    assert 'x="38.5%" width="14%"' in html
    assert 'fill="url(#hatch)"' in html
    assert 'class="mark"' not in html


def test_pages_keep_the_filters_of_the_address():
    request = RequestFactory().get("/", {"client": "aldgate", "page": "2"})
    html = render("{% pager page %}", page=Paginator(range(120), 50).page(2), request=request)
    assert "51 to 100 of 120" in html
    assert 'rel="prev" href="?client=aldgate&amp;page=1"' in html
    assert 'rel="next" href="?client=aldgate&amp;page=3"' in html


def test_a_list_of_one_page_says_how_much_there_is_and_offers_no_other():
    html = render("{% pager page %}", page=Paginator(range(3), 50).page(1), request=RequestFactory().get("/"))
    assert "1 to 3 of 3" in html
    assert "href" not in html


class TaskForm(forms.Form):
    hours = forms.IntegerField(label="Estimate", help_text="In hours.", error_messages={"invalid": "Write a number."})
    why = forms.ChoiceField(label="Why", choices=[("a", "Third party"), ("b", "Client")], widget=forms.RadioSelect)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"class": "grow"}))
    stay = forms.BooleanField(label="Stay", required=False)

    def clean(self):
        if self.cleaned_data.get("note") == "stale":
            raise forms.ValidationError("Somebody changed it.")


def test_a_field_ties_its_label_its_hint_and_its_error_to_the_input():
    html = render("{% field form.hours %}", form=TaskForm({"hours": "two days", "why": "a"}))
    assert '<label class="label" for="id_hours">Estimate</label>' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_hours_helptext id_hours_error"' in html
    assert 'id="id_hours_helptext">In hours.</span>' in html
    assert 'id="id_hours_error">' in html
    assert "Write a number." in html


def test_a_field_without_an_error_says_nothing_of_one():
    html = render("{% field form.hours %}", form=TaskForm())
    assert "aria-invalid" not in html
    assert "_error" not in html


def test_choices_are_chips_in_a_group_with_a_legend():
    html = render("{% field form.why %}", form=TaskForm({"why": "b"}))
    assert '<legend class="label">Why</legend>' in html
    assert html.count('class="chip"') == 2
    assert html.count("checked") == 1


def test_a_widget_keeps_the_class_its_form_gave_it():
    assert 'class="textarea grow"' in render("{% field form.note %}", form=TaskForm())


def test_a_whole_form_starts_with_what_is_wrong_with_all_of_it():
    html = render("{{ form }}", form=TaskForm({"hours": "2", "why": "a", "note": "stale"}))
    assert html.strip().startswith('<div class="notice notice--red" role="alert">')
    assert "Somebody changed it." in html
    assert html.index("Estimate") < html.index("Why") < html.index("Note") < html.index('class="check"')
