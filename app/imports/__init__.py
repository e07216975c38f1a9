"""Imports of partners' lists of people."""
