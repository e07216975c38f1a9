"""Organisations and their sites, networks and data-sharing agreements."""
