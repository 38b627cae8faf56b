"""Documents of the owner's key, signed in the owner's own browser.

The desk cannot make one, it passes them on. approve.js opens the key file and signs in the browser;
neither file nor passphrase is sent anywhere.
"""

import json
import shlex
from typing import Any

from nicegui import ui

from sim.desk.page.shell import Live, Visit, box, choices, dialog

SIGNER = '<script type="module" src="/desk/approve.js"></script>'
# The browser's part: it reads the two fields, signs, and hands back the document or what is wrong.
SIGNING = """
const file = document.getElementById("%(file)s").files[0];
const secret = document.getElementById("%(secret)s");
if (!file) return {wrong: "Choose your key file first: owner.pem."};
try {
  const pem = await file.text();
  return {document: await window.steward.%(way)s(...%(about)s, pem, secret.value)};
} catch (error) {
  return {wrong: error.message};
}
"""
SIGNS_S = 60.0  # the browser's patience with a slow key derivation


def sign(visit: Visit, title: str, shown: str, word: str, way: str, about: list[Any],
         path: str, done: str, live: Live) -> None:
    """Ask for the owner's key, have the browser sign, and post the document to REST's `path`.

    `way` is a function of approve.js and `about` what it takes before key and passphrase; `shown`
    says to the owner what is signed, `live` is what the page reads anew afterwards.
    """
    with dialog(visit, title) as asked:
        ui.label(shown)
        # Plain fields without listeners: what is in them stays in the browser.
        with box("field", "label"):
            ui.label("Your key file (owner.pem)")
            file = ui.element("input").props("type=file accept=.pem")
        with box("field", "label"):
            ui.label("Its passphrase")
            secret = ui.element("input").props("type=password autocomplete=off")
        wrong = ui.label().classes("trouble")

        async def send() -> None:
            wrong.text = ""
            code = SIGNING % {
                "file": file.html_id, "secret": secret.html_id, "way": way,
                "about": json.dumps(about),
            }  # fmt: skip
            try:
                signed = await ui.run_javascript(code, timeout=SIGNS_S)
            except TimeoutError:
                signed = {"wrong": "The browser did not sign in time."}
            if "document" not in signed:
                wrong.text = str(signed.get("wrong", "The browser did not sign."))
                return
            asked.close()
            await visit.do(path, {"document": signed["document"]}, done)
            await live.refresh()

        choices(asked, word, send)


def by_command(visit: Visit, thing: str, order: str, *words: str) -> None:
    """The lines that do the same on the owner's own machine, to be copied."""
    with ui.expansion("On the command line").props("dense").classes("command"):
        for word in words:
            line = command(word, thing, order, visit.address)
            with box("line"):
                ui.label(line).classes("code")
                copy = ui.button(icon="content_copy",
                                 on_click=lambda line=line: ui.clipboard.write(line))
                copy.props('flat dense round size=sm aria-label="copy"')


def command(word: str, thing: str, order: str, address: str) -> str:
    """The line for a shell on the owner's machine."""
    return shlex.join(["steward", "owner", word, thing, order[:8], "--desk", address])
