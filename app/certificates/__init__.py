"""Certificate kinds and their rules, certificates, evidence of training, and the public check."""
