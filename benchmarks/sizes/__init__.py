"""What a scorer's inner size buys: accuracy against operations."""
