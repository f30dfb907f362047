"""The Elasticsearch side.

fields.yml  the field dictionary, the source of the index templates
assets/     templates exactly as Elasticsearch takes them, generated from fields.yml
templates   fields.yml -> assets
install     plan, apply and verify the assets on a server
errors      what can go wrong, each with a stable code
search      a request's events by its id
node/       the embedded node: Elasticsearch's API on one machine, on tantivy
"""
