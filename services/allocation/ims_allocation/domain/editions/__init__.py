"""A council's reference data as finance writes it: dated, versioned, and refused where it contradicts itself."""
