"""Files that grow: find them, tell who they are, cut them into lines."""
