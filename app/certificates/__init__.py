"""Certificates, the rules for each kind, evidence of training, and the public check page."""
