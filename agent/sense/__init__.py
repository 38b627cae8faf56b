"""Readings become findings: channels judge readings, monitors watch them, findings remember.

Upstream of everything else; knows nothing of consumables, money or messages.
"""
