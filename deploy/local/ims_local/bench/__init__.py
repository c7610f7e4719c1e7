"""How fast the whole way is, beside what Kafka and PostgreSQL can do by themselves in the same run."""
