"""What will be served: flows compiled to text with holes, and the library that reloads them."""
