"""The desk: the cloud endpoint that things write to, a real service over a real database.

`core` is the desk without I/O: frames in, frames out, time passed in. `codec` and `messages` are
the wire, `models` and `database` what is kept, `intake` what each message does, `trade` and
`care` the life of orders and cases, `suppliers` and `service` who answers them. Around it:
`consumer` joins it to an MQTT broker, `rest` shows it to people and programs. README.md says how
to deploy it. Imports nothing of the agent.
"""
