"""Today."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk import words
from desk.queries.today import today_board
from desk.scopes import scope_of
from desk.views.live import live


@login_required
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    scope = scope_of(request.user, asked=request.GET.get("scope", ""))
    now = timezone.now()
    board = today_board(request.user, scope=scope, now=now)
    sentence = words.today_sentence if board.is_internal else words.company_sentence
    return live(
        request,
        page="desk/today.html",
        fragment="desk/_board_changed.html",
        context={"board": board, "is_internal": board.is_internal, "sentence": sentence(board.needs)},
        mark=board.mark,
        now=now,
    )
