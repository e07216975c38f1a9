"""Safeguarding reports, the leads' decisions, and suspensions."""
