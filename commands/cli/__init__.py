"""The command line: parse, call, print. Nothing below it prints."""
