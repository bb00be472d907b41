"""Three gates, each on its own: the role may do this (403), the object is in scope (404), the field is writable (400).

Nothing is allowed that no table allows. The scope is the viewset's `scope(user)`, fields its `field_permissions`.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

# (user) -> bool is asked before the object is looked up, (user, object) -> bool after it; of a tuple all must hold.
Predicate = Callable[..., bool]
Table = Mapping[str, Predicate | tuple[Predicate, ...]]


class DenyAll(BasePermission):
    """The default of every view, so that one without permissions of its own does nothing."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return False


class ByTable(BasePermission):
    """The view's table `permissions` decides: by action (`list`, `create`, a verb), or by method (`get`)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        action = action_of(view, request)
        if action is None:  # no such method: the 405 that follows tells nothing
            return True
        predicates = _predicates(view, action)
        _refuse_read_only_token(request, view, action)
        return bool(predicates) and all(p(request.user) for p in predicates if not asks_object(p))

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        predicates = _predicates(view, action_of(view, request) or "")
        return bool(predicates) and all(p(request.user, obj) for p in predicates if asks_object(p))


def signed_in(user: Any) -> bool:
    """For what everybody with an account may do within the own scope."""
    return bool(user.is_authenticated)


def action_of(view: Any, request: Request) -> str | None:
    """The row of the table: the viewset's action, else the method; None where the view has no such method."""
    method = str(request.method).lower()
    if method == "options" or method not in view.http_method_names:
        return None
    if hasattr(view, "action_map"):
        return view.action if view.action else None
    if method == "head":
        method = "get"
    return method if hasattr(view, method) else None


def allows(predicate: Predicate, user: Any, obj: Any) -> bool:
    """Ask a predicate of either kind. `obj` is None where the object is about to be created."""
    return predicate(user, obj) if asks_object(predicate) else predicate(user)


@lru_cache(maxsize=1024)
def asks_object(predicate: Predicate) -> bool:
    """Whether a predicate wants the object, too. `rules` predicates hide their signature but say the number."""
    count = getattr(predicate, "num_args", None)
    return (len(inspect.signature(predicate).parameters) if count is None else int(count)) > 1


def _predicates(view: Any, action: str) -> tuple[Predicate, ...]:
    found = view.permissions.get(action, ())
    return found if isinstance(found, tuple) else (found,)


def _refuse_read_only_token(request: Request, view: Any, action: str) -> None:
    reads = request.method in SAFE_METHODS or action in view.actions_that_store_nothing
    if not reads and getattr(request.auth, "scope", "write") != "write":
        raise PermissionDenied(_("This token may only read."), code="read_only_token")
