"""How the allocation database came to be what it is, step by step."""
