"""Every write of calendars, policies and vendors."""

from sla.operations.calendars import (
    calendar_fields,
    calendar_spec,
    country_holidays,
    create_calendar,
    fields_of,
    update_calendar,
)
from sla.operations.clients import create_client, policy_for, refuse_other_scope, set_client_policy
from sla.operations.policies import (
    DEFAULT_PAUSE_ON,
    DEFAULT_THRESHOLDS,
    LONGEST_TARGET_S,
    TargetInput,
    create_policy,
    promised_by,
    set_default_policy,
    update_policy,
)
from sla.operations.vendors import create_vendor, update_vendor
from sla.operations.versions import bring_into_force, withdraw_calendar_version, withdraw_policy_version

__all__ = [
    "DEFAULT_PAUSE_ON",
    "DEFAULT_THRESHOLDS",
    "LONGEST_TARGET_S",
    "TargetInput",
    "bring_into_force",
    "calendar_fields",
    "calendar_spec",
    "country_holidays",
    "create_calendar",
    "create_client",
    "create_policy",
    "create_vendor",
    "fields_of",
    "policy_for",
    "promised_by",
    "refuse_other_scope",
    "set_client_policy",
    "set_default_policy",
    "update_calendar",
    "update_policy",
    "update_vendor",
    "withdraw_calendar_version",
    "withdraw_policy_version",
]
