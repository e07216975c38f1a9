"""Change or cancel course runs."""
