"""Tests of the safeguarding room."""
