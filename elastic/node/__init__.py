"""The embedded node: the part of Elasticsearch's HTTP API that Cardwatch needs, on one machine.

The way of a request:
    server          gunicorn, loopback only, one process per folder
    rest            HTTP in, JSON out (the only importer of Flask here)
    api/            what the routes do
    bulk            the body of `_bulk` -> operations -> items
    search          the body of `_search` -> hits
    sorting         `sort` and `search_after`
    source          which part of a document is shown
    filter_path     which part of an answer is sent

What it means:
    query/          Elasticsearch's query objects -> the engine's queries
    mapping         the typed fields of an index
    dynamic         the first sight of a field
    document        a JSON document -> what is indexed of it
    columns         How values lie in the engine: names of columns, entries of the inverted index.
    values, dates, words, numbers   one value of each type
    templates       index and component templates, composed
    index_settings  settings of indices
    names           names of indices and expressions for them

Where it is kept:
    lifecycle       opens, refreshes and closes the node
    indices         data streams, indices and templates in one folder
    index           one index: writes, refresh, look-up of ids
    engine          its searchable part on disk; the only importer of tantivy
    translog        acknowledged operations on disk before the answer
    files           files that a crash leaves whole

    errors          Elasticsearch's error types and their HTTP status
    settings        what can be set

What it does not support it refuses with Elasticsearch's own error shape and the name of the thing.
"""
