"""Long-running loops and the processes that carry them."""
