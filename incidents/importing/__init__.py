"""Import of incidents from files: lines → rows → tickets → batches of whole incidents (docs/import.md)."""
