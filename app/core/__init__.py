"""Code that every room uses. It imports no room."""
