"""What may stand in a line of the log."""

import logging

import pytest

from kernel.logs import console_formatter, json_formatter


@pytest.mark.parametrize("formatter", [console_formatter, json_formatter])
@pytest.mark.parametrize("path", ["/duty/feed/SeCrEt.ics", "/unsubscribe/SeCrEt:sig/"])
def test_a_secret_address_stands_in_no_line(formatter, path, rf):
    request = rf.get(path)
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (path,), None)
    record.request, record.status_code = request, 404
    line = formatter().format(record)
    assert "SeCrEt" not in line
    assert path.partition("SeCrEt")[0] in line
    assert "404" in line
