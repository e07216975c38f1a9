"""Home, help now, static pages, loading of the programme file."""
