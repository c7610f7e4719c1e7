"""An invented month of a large council, with its truth: what is what, and what was made to go wrong."""
