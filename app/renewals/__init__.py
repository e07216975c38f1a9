"""Renewing certificates: what is due, booked places and free runs."""
