"""Ships log lines and samples to Elasticsearch, each exactly once as far as the API allows.

files/      find, fingerprint, frame: which files there are, who they are, where their lines end
batch       lines -> bodies of `_bulk`
bulk        the answer of `_bulk` -> a verdict per line
backoff     how long to wait before the next try
sink        sends a body, tells an answer from an outage
registry    checkpoints in SQLite
quarantine  lines that Elasticsearch refuses, with the reason
pipeline    the loop that joins them
settings    what can be set
"""
