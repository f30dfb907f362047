"""The HTTP service.

api            the routes, and problem+json for what goes wrong on them
uploads        a request's body -> the bytes of the photograph
problems       every code that an answer may carry
ids            request ids: the client's if it is safe, else a UUIDv7
story          one request as it happens: its events and its numbers
events         what happened -> ECS fields
engine         the detector of one worker, loaded in the background
health         /health: a real inference, the model, the log
metrics        /metrics for Prometheus, across worker processes
gunicorn_conf  settings -> gunicorn's options
server         runs gunicorn in this process
settings       what can be set
errors         what can go wrong, each with a stable code

Logging, for every process of Cardwatch:

logs           install: which record goes to which file, warnings to the console
ecs            a record -> one line of ECS JSON
fields         the fields that a line may carry
redaction      takes numbers of documents and telephones out of a text
logfile        one whole line per write, rotation, full disks
"""
