"""Randomised runs of the whole road from lines in files to documents: none missing, none doubled.

    python -m tests.torture [--runs 500] [--seed N] [--server memory|node|elasticsearch|mixed] [--keep]

Each run has writers that rotate their files, a shipper process that is killed, and a server behind a proxy
with faults: the embedded node, the real Elasticsearch, or for quick rounds a stand-in in memory.

What a seed repeats: the plan (files, kinds of rotation, settings, the times between blows) and the draws of
each actor in their order (lines, bursts, pauses; which request, in the order of their coming, meets which
fault). What it does not: when the machine lets each of them go on, and so which lines a request holds and
where a blow falls. Run a failing seed several times.

    plan      a seed -> everything that is decided before a run (pure)
    lines     numbered lines, sound ones and such as may not travel (pure)
    rotate    the ways to rotate a file
    writer    a thread that writes one file and rotates it
    faults    which request meets which fault (pure)
    gate      lets requests that write finish before one that looks
    stores    where documents go: memory with backing indices, or a real server
    proxy     the HTTP server in front of a store that makes the faults
    nest      a process that forks shippers, so that a start takes milliseconds
    crash     the shipper of a run: killed, told to stop, started again
    account   what was written against what arrived
    crew     processes that carry out runs beside one another
    run       one run
    summary   many runs in one line
"""
