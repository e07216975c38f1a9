"""The home page, help lines, static pages, health checks and the programme file."""
