"""Standing assignments: what no longer holds, what a coordinator decides, freeing a place."""
