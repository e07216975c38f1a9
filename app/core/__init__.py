"""Code that every room uses. It does not import any room."""
