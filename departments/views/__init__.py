"""Pages of duty and absences."""
