"""How the reconcile database came to be, step by step."""
