"""What the routes do: a call comes in, an answer goes out; nothing here knows HTTP or Flask.

call        the call, the answer, and how parameters are read
cluster     who the node is and how it is
documents   _bulk, _doc, _create
search      _search, _count
indices     indices, data streams, mappings, settings, refresh
templates   index and component templates
routes      which path leads to which of them
"""
