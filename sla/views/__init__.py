"""Pages of what is promised: policies and the calendars they count by."""
