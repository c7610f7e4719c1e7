"""What notify remembers: the tables, what is kept of payments and accounts, the deliveries, and what is reported of them."""
