"""The command line: `cardwatch`. One module per subcommand, listed in `cli`."""
