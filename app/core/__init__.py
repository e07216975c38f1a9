"""Code that every room uses. It imports none of them."""
