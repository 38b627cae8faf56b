"""Money: what the owner allows, what sellers offer, what was ordered, and the record of it all."""
