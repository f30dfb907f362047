"""Ships log lines and samples to Elasticsearch, each exactly once as far as the API allows.

files/      find, fingerprint, frame: which files there are, who they are, where their lines end
metricsets/ gpu, host, health: samples into HOME/spool, which the rest ships
batch       lines -> bodies of `_bulk`
bulk        the answer of `_bulk` -> a verdict per line
backoff     how long to wait before the next try
ledger      ranges under way -> up to where each file is settled
streams     what is learnt about data streams: which make ids themselves, which were empty
sink        sends a body, looks ids up, tells an answer from an outage
delivery    one batch, until every line of it is settled
senders     threads that settle lines, several requests at once
waiting     lines that the server did not take, until they are tried again
proof       whether the server takes lines, so that a refusal is the line's fault
quiet       for how long the server wants no request
outage      says once that something does not work, and once that it works again
registry    checkpoints in SQLite
schema      the registry's tables, and what makes older ones the present ones
quarantine/ lines that will never become documents as they stand, with the reason
originals   where the lines of a file lie now: renamed, gzipped
census      asks Elasticsearch which documents it has
redrive/    sends the lines in quarantine again
audit/      proves that every line is where it should be
counters    what was counted since the start
exposition  the counters for Prometheus and for the log
pipeline    the loop that joins them
settings    what can be set
errors      what can stop the shipper, each with a stable code

What is promised stands in docs/specs/delivery.md.
"""
