"""Find the best assignment of candidates to needs. This package does not use the database."""
