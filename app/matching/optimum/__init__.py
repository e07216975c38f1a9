"""The solver, which finds the best assignment of candidates to needs without using a database."""
