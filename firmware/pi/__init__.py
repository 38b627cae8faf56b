"""Steward on a Raspberry Pi, or on any Linux: `main` chooses the ports, systemd keeps it alive."""
