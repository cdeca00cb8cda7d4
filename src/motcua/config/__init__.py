"""Settings, addresses and commands: the one package that knows everybody, and that nobody imports."""
