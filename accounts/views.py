"""Signing in and out, the own profile, the language."""

from __future__ import annotations

from typing import Final, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import operations
from accounts.forms import PasswordForm, ProfileForm, SignInForm
from accounts.models import Role, User
from accounts.queries import tokens_of

DEMO_PASSWORD: Final = "tamhub-demo"  # noqa: S105 - of the made-up people of the demo, shown on its first page
DEMO_ACCOUNTS: Final = (
    ("tam", Role.TAM),
    ("engineer", Role.ENGINEER),
    ("head", Role.HEAD),
    ("manager", Role.MANAGER),
    ("architect", Role.ARCHITECT),
    ("contact", Role.CONTACT),
    ("admin", Role.ADMIN),
)
KEYS_COOKIE: Final = "keys"
YEAR: Final = 365 * 24 * 3600


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True
    extra_context = {"demo_accounts": DEMO_ACCOUNTS if settings.DEMO else (), "demo_password": DEMO_PASSWORD}

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class SignOut(LogoutView):
    """Where to afterwards stands in the settings: LOGOUT_REDIRECT_URL."""


@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    return _profile_page(request)


@login_required
@require_POST
def save_profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, profile_form=form)
    changes = {name: value for name, value in form.cleaned_data.items() if name != "has_keys"}
    operations.update_profile(user=cast(User, request.user), changes=changes, at=timezone.now())
    messages.success(request, _("Profile saved"))
    response = redirect("me")
    keys = "1" if form.cleaned_data["has_keys"] else "0"
    response.set_cookie(KEYS_COOKIE, keys, max_age=YEAR, secure=settings.SITE_IS_SECURE, httponly=True, samesite="Lax")
    return response


@login_required
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = PasswordForm(user, request.POST)
    if not form.is_valid():
        return _profile_page(request, password_form=form)
    user = operations.change_password(user=user, password=form.cleaned_data["new_password1"], at=timezone.now())
    update_session_auth_hash(request, user)
    messages.success(request, _("Password changed; other devices are signed out"))
    return redirect("me")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Whoever is signed in takes the language along; a stranger's stays in a cookie."""
    there = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(there if safe else "/")
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return response
    if isinstance(request.user, User):
        operations.update_profile(user=request.user, changes={"language": language}, at=timezone.now())
    else:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, secure=settings.SITE_IS_SECURE, samesite="Lax"
        )
    return response


def _profile_page(
    request: HttpRequest, *, profile_form: ProfileForm | None = None, password_form: PasswordForm | None = None
) -> HttpResponse:
    user = cast(User, request.user)
    shown = profile_form or ProfileForm(
        initial={
            "first_name": user.first_name,
            "last_name": user.last_name,
            "language": user.language,
            "time_zone": user.time_zone,
            "has_keys": request.COOKIES.get(KEYS_COOKIE) != "0",
        }
    )
    context = {
        "profile_form": shown,
        "password_form": password_form or PasswordForm(user),
        "tokens": tokens_of(user, at=timezone.now()),
    }
    status = 422 if profile_form or password_form else 200
    return render(request, "accounts/me.html", context, status=status)
