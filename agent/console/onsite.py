"""The console's words for whoever stands before the thing, where a main lends it what they want."""

from agent.console.grammar import CommandError, Pairs


def _crash(agent, words, at):
    data = agent.ports.store.load("crash")
    return data.decode() if data else "it has not crashed"


def _link(agent, words, at):
    return Pairs(agent.ports.facts() or [("link", "this thing works alone")])


def _restart(agent, words, at):
    restart = agent.ports.restart
    if restart is None:
        raise CommandError("restart: whoever keeps this process alive has to do it")
    restart()
    return "restarting"


COMMANDS = {
    "provision": ("setup",
                  "provision [keys|owner|maker|put|export|lock]: who it is, whom it trusts"),
    "config": ("settings",
               "config [get|set|diff|apply|reset|undo]: settings, changed all at once"),
    "pin": ("pin",
            "pin [set|unlock|lock]: asked for before a command that changes something"),
    "update": ("updates",
               "update [check|accept|hold]: the maker's releases, and how far one has come"),
    "crash": (_crash, "what ended an earlier start"),
    "link": (_link, "network, time and broker, as far as they got"),
    "wifi": ("settings",
             "wifi [NAME [PASSWORD]]: how the network is, or which to join"),
    "restart": (_restart, "start anew"),
    "reboot": (_restart, "the same as restart"),
    "reset": ("erase",
              "reset THING [forced]: erase all but product and board, for the next owner"),
}
