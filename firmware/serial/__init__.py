"""A laptop at a thing's console: `console_tool` talks, `provision` makes a bare board a thing,
`commission` proves that it works.
"""
