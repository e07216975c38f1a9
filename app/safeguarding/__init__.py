"""Worries about somebody, who reads them, and what is decided about them."""
