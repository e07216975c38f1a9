"""The solver: the best assignment of candidates to needs. Knows no database."""
