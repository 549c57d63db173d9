"""The families of exact programs; importing this package fills the table."""
