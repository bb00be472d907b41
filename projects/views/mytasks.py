"""What one has in hand across departments, one tap each; on a phone first."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import is_staff_member
from kernel.conditional import conditional
from kernel.fragments import wants_fragment
from projects.queries.queues import first_for, free_tasks, queue_of, rows_of, tasks_of
from projects.queries.tasks import with_row_names
from projects.views.taskverbs import VERBS

SOME_FREE = 10


@login_required
@require_safe
def my_tasks(request: HttpRequest) -> HttpResponse:
    """The whole page, or its list, which is not sent again while nothing changed."""
    user = request.user
    if not is_staff_member(user):
        raise Http404
    now = timezone.now()
    free = free_tasks(user, now=now)
    own = tasks_of(user)
    queue = queue_of(own, user, first=first_for(own=own, takeable=free, now=now), now=now)
    if queue.next is not None:
        free = free.exclude(pk=queue.next.row.task.pk)  # it stands above the lists
    shown = rows_of(with_row_names(free)[:SOME_FREE], user, now=now)
    context = {"queue": queue, "free": shown, "verbs": VERBS}
    template = "projects/_my_tasks_changed.html" if wants_fragment(request) else "projects/my_tasks.html"
    seen = (queue.mark, tuple(row.mark for row in shown), now.date(), now.hour)
    return conditional(request, lambda: render(request, template, context), seen=seen)
