"""The embedded node: the part of Elasticsearch's HTTP API that Cardwatch needs, on one machine.

    rest       routes, error bodies (the only importer of Flask here)
    errors     Elasticsearch's error types and their HTTP status
    indices    data streams, backing indices, index and component templates
    mapping    templates and first sights of fields -> typed fields of a document
    bulk       the body of `_bulk` -> operations -> items
    query      Elasticsearch's query objects -> the engine's queries
    search     the body of `_search` -> hits
    engine     one index on disk; the only importer of tantivy
    translog   acknowledged operations on disk before the answer
    settings   what can be set

What it does not support it refuses with Elasticsearch's own error shape and the name of the thing.
"""
