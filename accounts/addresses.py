"""Where a request comes from: the address that failed sign-ins are counted by."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """The address that the outermost trusted proxy saw; without proxies, or past them, that of the connection.

    Each proxy appends whom it was called by to X-Forwarded-For, so the entry counts that stands as many places from the
    right as there are proxies; what is left of it the caller may have invented. None on a Unix socket.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < settings.TRUSTED_PROXIES <= len(forwarded):
        found = _address(forwarded[-settings.TRUSTED_PROXIES].strip())
        if found is not None:
            return found
    return _address(request.META.get("REMOTE_ADDR", ""))


def _address(text: str) -> str | None:
    """Written the one way that is compared and stored; a zone says nothing to others. None for anything else."""
    kind = IPv6Address if ":" in text else IPv4Address
    try:
        return str(kind(text.partition("%")[0]))
    except AddressValueError:
        return None
