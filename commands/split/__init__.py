"""Taking a file of SQL apart into statements without changing a byte of them."""
