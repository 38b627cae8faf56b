"""What a board carries: built (`build`), listed as a signed `release`, and put there (`flash`).

`closure` finds the modules that are needed, `fold` and `shorten` make them smaller, `wokwi` makes a
project for those who have no board, `current` estimates what one on a battery draws. All of it runs
on a laptop; only `pi_install` runs on a Raspberry Pi.
"""
