"""What the tests stand on: a server, and oracles that share no code with the product."""
