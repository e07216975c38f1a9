"""Measures as at a date, the map, reports. Writes only what is published each month."""
