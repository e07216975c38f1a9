"""Places: wards, LSOAs, towns, postcodes, indicators, importers."""
