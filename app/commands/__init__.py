"""The command line: `cardwatch`.

cli        the group, the table of subcommands, the error boundary
settings   every setting: command line > CARDWATCH_* > secret files > cardwatch.toml > default
options    settings -> command-line flags
client     settings -> the official Elasticsearch client
ports      which ports are taken and by what
stack      the processes of the local stack
reference  writes docs/reference.md from the code

serve ship node up demo search install    one module each: a subcommand
"""
