"""The programme's targets, and the bands and awards of communities."""
