"""Measures as at a date, the map, reports: read only."""
