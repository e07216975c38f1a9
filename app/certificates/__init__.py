"""Kinds with dated rules, certificates, evidence, public check."""
