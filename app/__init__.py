"""The card-detection service and the command line.

detection/  bytes of a photograph -> cards; knows nothing of HTTP or logs
service/    the Flask service: routes, health, events, log lines, metrics
commands/   one module per subcommand of `cardwatch`; reads the settings and wires all packages together
"""
