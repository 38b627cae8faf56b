"""The page on which the API key is typed: plain HTML, so that nothing is served before it."""

import html

STYLE = """
:root { color-scheme: light dark; --paper: #f4f3ef; --card: #fff; --edge: #d8d4c8; --bad: #c92a2a;
  --link: #1864ab }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --card: #1d2126; --edge: #3a4149;
  --bad: #ff8787; --link: #4a90d9 } }
body { background: var(--paper); font: 16px/1.5 system-ui, sans-serif; display: grid;
  place-items: center; min-height: 96vh; margin: 0 }
form { background: var(--card); border: 1px solid var(--edge); border-radius: 12px;
  padding: 1.6rem; width: min(22rem, 84vw) }
h1 { font-size: 1.3rem; margin: 0 0 .6rem }
p { margin: .4rem 0 1rem; font-size: .92rem }
label { font-size: .9rem }
input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .7rem;
  border-radius: 8px; border: 1px solid var(--edge); margin-top: .4rem }
button { margin-top: 1rem; background: var(--link); color: #fff; border: 0; cursor: pointer }
.bad { color: var(--bad) }
"""
WORDS = "The page may do what your key may do. Ask whoever runs the desk for one."


def form(wrong: str = "") -> str:
    """The page; `wrong` says what was wrong with the last try."""
    fault = f'<p class="bad" role="alert">{html.escape(wrong)}</p>' if wrong else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Steward desk: sign in</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>
<body><form method="post"><h1>Steward desk</h1><p>{WORDS}</p>{fault}
<label>API key<input name="key" type="password" autocomplete="current-password" required autofocus>
</label><button>Sign in</button></form></body></html>"""
