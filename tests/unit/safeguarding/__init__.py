"""Tests for the safeguarding room."""
