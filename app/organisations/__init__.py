"""Organisations and their sites, networks, data-sharing agreements."""
