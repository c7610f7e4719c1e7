"""How well allocation chooses accounts for free text: a synthetic register, payers who err, and the domain's own decisions."""
