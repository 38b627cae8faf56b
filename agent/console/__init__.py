"""The console: one grammar on every serial port, terminal and socket; looks in, changes little."""
