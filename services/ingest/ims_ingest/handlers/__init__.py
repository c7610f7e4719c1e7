"""What ingest does when something arrives: from the topic, over HTTP, by webhook, in a file."""
