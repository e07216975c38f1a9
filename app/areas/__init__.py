"""Areas: wards, LSOAs, towns, postcodes and indicators, and their importers."""
