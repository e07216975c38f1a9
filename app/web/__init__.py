"""What pages of every room share: requests, forms, filters and built files. It imports no room."""
