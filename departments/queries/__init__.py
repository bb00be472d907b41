"""Reads of departments: who works there, who is away, who is on duty, who is at work."""

from departments.queries.duty import Stead, on_duty
from departments.queries.hours import at_work, next_at_work, next_at_work_of
from departments.queries.people import away, members

__all__ = ["Stead", "at_work", "away", "members", "next_at_work", "next_at_work_of", "on_duty"]
