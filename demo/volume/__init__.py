"""Realistic volume for measurements (`manage.py generate`): made up, repeatable by its seed, true to its events."""
