"""The owner's side: the key (`owner`), mandates, and the answers to a thing's questions.

A `mandate_file` is checked by `mandate_model`, signed, and told in plain `mandate_words`; `install`
brings a signed document to its thing, `question` is what a thing asks. On a laptop.
"""
