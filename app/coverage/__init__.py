"""Coverage figures on a given date, the map, reports and the figures published each month."""
