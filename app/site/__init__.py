"""Home, help now, static pages, loading of programme and demo."""
