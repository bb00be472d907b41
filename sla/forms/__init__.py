"""What people type about calendars and policies. Forms say what is wrong with the words; operations decide the rest."""
