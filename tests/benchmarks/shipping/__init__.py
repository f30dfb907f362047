"""What shipping costs and what it loses, beside rsyslog and `elasticsearch.helpers.streaming_bulk`.

    python -m tests.benchmarks.shipping [--lines N] [--backlog N] [--only PART ...]

Prints a table in Markdown; RESULT.md holds the last one that was kept. Every shipper is a process of its own
and reads the same file; the processor time of the whole process counts, its start included.

    event       lines of about 800 bytes, as the service writes them
    process     a process until the sink has all lines: processor time and peak memory
    stream      streaming_bulk as a process
    sides       the shippers that are compared, and how each is started
    rsyslog     its configuration: imfile and omelasticsearch, told to retry and to keep errors
    race        documents per CPU-second against a sink that only acknowledges
    loss        what each loses and doubles under refusals, kills and rollovers
    live        how long a line takes to be acknowledged, and what 100 idle files cost
    result      the table
"""
