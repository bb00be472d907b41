"""iCalendar (RFC 5545) in and out: text to events, shifts and absences to text. No database."""
