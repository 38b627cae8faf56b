"""Terms: what others may know of the thing and what they may tell it."""
