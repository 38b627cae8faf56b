"""Stock: what is in the containers, how fast it goes, when it runs out, what to get.

gauge      readings to a trusted level, an amount used and an event
demand     amounts used to a rate, its spread and its weekly and daily shape
forecast   level and demand to days left with a calibrated band
reorder    days left, lead time and packs to a quantity to buy
consumables  one consumable: the above joined, its state in one float32 array
Imports only itself; no money and no channels in here.
"""
