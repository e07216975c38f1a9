"""Certificates to renew, and the courses that renew them."""
