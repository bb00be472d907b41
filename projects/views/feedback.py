"""How the client's contact liked it: one question by a secret address, without signing in."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kernel.errors import DomainError
from projects import operations
from projects.queries.feedback import feedback_behind

SCORES = [
    ("5", _("Very good")),
    ("4", _("Good")),
    ("3", _("So-so")),
    ("2", _("Bad")),
    ("1", _("Very bad")),
]


class FeedbackForm(forms.Form):
    score = forms.TypedChoiceField(choices=SCORES, coerce=int, widget=forms.RadioSelect, label=_("How was it?"))
    comment = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        label=_("What should stay, what should change?"),
    )


@csrf_exempt  # the address itself proves who answers; it is opened from mail programs that keep no cookie
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: HttpRequest, token: str) -> HttpResponse:
    """A look changes nothing, for mail scanners look, too; the button answers, once. In the contact's language."""
    found = feedback_behind(token)
    if found is None:
        raise Http404
    with translation.override(found.contact.language or translation.get_language()):
        form = FeedbackForm(request.POST if request.method == "POST" else None)
        if found.answered_at is None and form.is_valid():
            try:
                found = operations.give_feedback(feedback=found, at=timezone.now(), **form.cleaned_data)
            except DomainError as error:  # somebody was a moment earlier, in another tab
                form.add_error(None, error.message)
        context = {"feedback": found, "form": form, "is_given": found.answered_at is not None}
        is_refused = form.is_bound and bool(form.errors) and found.answered_at is None
        return render(request, "projects/feedback.html", context, status=422 if is_refused else 200)
