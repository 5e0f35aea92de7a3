"""The command line: every use case of the workbench as a command, for people and, with --json, for programs."""
