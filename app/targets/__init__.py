"""The programme's targets, and the bands and awards for communities."""
