"""What stands in the navigation: only what exists."""
