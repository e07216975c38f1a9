"""Code that the pages of all rooms share: requests, forms, filters and built files."""
