"""Coverage figures as at a date, the map, reports and the figures published each month."""
