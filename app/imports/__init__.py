"""Imports lists of people from partners."""
