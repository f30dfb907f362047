"""Proves for every file: read = acknowledged + quarantined + pending, and the same ids in Elasticsearch.

lines    a file -> where its lines begin, up to its checkpoint, block by block
ranges   neighbouring lines -> ranges of bytes (pure)
report   what is said of a file, and what is wrong with it (pure)
file     one file against the registry, the quarantine and Elasticsearch
series   a file of samples, whose ids are the server's: counted by host and time
gone     files that are gone: their documents, picked out of all of their stream
home     all files of a home folder
"""
