"""A council's day: the sample files, as many generated payments as asked, and what became of them."""
