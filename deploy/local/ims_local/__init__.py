"""The embedded stack and the ims command."""
