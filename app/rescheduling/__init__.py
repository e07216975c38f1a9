"""Changing and cancelling runs: whom it affects, and telling them."""
