"""The HTTP service.

api            routes and problem+json answers
health         /health, /livez, /readyz
events         what happened -> ECS fields
logs           one whole JSON line per write, rotation, redaction
redaction      takes numbers of documents and telephones out of a text
metrics        /metrics for Prometheus, across worker processes
gunicorn_conf  settings -> gunicorn's options and hooks
settings       what can be set
"""
