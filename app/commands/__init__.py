"""The command line: `cardwatch`.

cli        the group, the table of subcommands, the error boundary
settings   every setting: command line > CARDWATCH_* > secret files > cardwatch.toml > default
options    settings -> command-line flags
errors     what the command line says when something goes wrong
client     settings -> the official Elasticsearch client
ports      which ports are taken and by what
stack      the processes of the local stack
process    what every long-running process does at its start
story      the events of a request -> what a person reads
reference  writes docs/reference.md from the code

serve ship sample node up demo search install redrive audit    one module each: a subcommand
"""
