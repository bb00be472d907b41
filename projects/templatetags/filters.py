"""Lists as people want to find them again."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context

from projects.models import SavedFilter
from projects.savedfilters import query_of

register = template.Library()


@register.inclusion_tag("projects/_saved_filters.html", takes_context=True)
def saved_filters(context: Context, page: str) -> dict[str, Any]:
    """The filters that the person keeps for this page as chips, and a form to keep what the address says now or to
    rename it; one query. `page` is one of `projects.savedfilters.PAGES`."""
    request: HttpRequest = context["request"]
    query = query_of(request.GET.urlencode())
    narrows = request.GET.keys() - {"view"}
    kept = list(SavedFilter.objects.filter(user=request.user.pk, page=page))
    current = next((one for one in kept if one.query == query), None)
    return {
        "page": page,
        "path": request.path,
        "here": f"{request.path}?{query}" if query else request.path,
        "query": query,
        "kept": kept,
        "current": current,
        "is_offered": bool(narrows and query) and current is None,
        "csrf_token": context.get("csrf_token"),
    }
