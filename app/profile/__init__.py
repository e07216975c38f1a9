"""A champion's own page."""
