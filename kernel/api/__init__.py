"""The base of the REST API: what every room's `api.py` stands on. The conventions are told in docs/rest.md."""
