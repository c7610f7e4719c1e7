"""What notify decides: who is told what of each fact, in which words, and what an answer means. No input, no output."""
