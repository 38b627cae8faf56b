"""The console's words for whoever stands before the thing; most load their room when they are said.
"""

from agent.console.grammar import CommandError, Pairs, later, lent


def _crash(agent, words, at):
    data = lent(agent).ports.store.load("crash")
    return data.decode() if data else "it has not crashed"


def _link(agent, words, at):
    return Pairs(lent(agent).ports.facts() or [("link", "this thing works alone")])


def _restart(agent, words, at):
    restart = lent(agent).ports.restart
    if restart is None:
        raise CommandError("restart: whoever keeps this process alive has to do it")
    restart()
    return "restarting"


COMMANDS = {
    "provision": (later("setup", "command"),
                  "provision [keys|owner|maker|put|export|lock]: who it is, whom it trusts"),
    "config": (later("settings", "command"),
               "config [get|set|diff|apply|reset|undo]: settings, changed all at once"),
    "pin": (later("pin", "command"),
            "pin [set|unlock|lock]: asked for before a command that changes something"),
    "update": (later("updates", "command"),
               "update [check|accept|hold]: the maker's releases, and how far one has come"),
    "assist": (later("butler", "assist", False), "assist WORDS: ask service for help"),
    "crash": (_crash, "what ended an earlier start"),
    "link": (_link, "network, time and broker, as far as they got"),
    "wifi": (later("settings", "wifi"),
             "wifi [NAME [PASSWORD]]: how the network is, or which to join"),
    "restart": (_restart, "start anew"),
    "reboot": (_restart, "the same as restart"),
    "reset": (later("erase", "reset"),
              "reset THING [forced]: erase all but product and board, for the next owner"),
}
