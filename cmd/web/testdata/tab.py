"""Types words into a shell on a terminal, presses Tab after each line, and prints
what stands there then.

    tab.py bash|zsh source|fpath SCRIPT < lines
"""

import os
import pty
import re
import select
import sys
import time

shell, how, script = sys.argv[1:]
start = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
load = {
    "bash source": f"source {script}",
    "zsh source": f"autoload -U compinit; compinit -u -D; source {script}",
    "zsh fpath": f"fpath=({os.path.dirname(script)} $fpath); autoload -U compinit; compinit -u -D",
}[f"{shell} {how}"]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", PS1="$ ")
    os.execvp(start[0], start)
seen = ""


def send(text):
    os.write(terminal, text.encode())


def until(pattern):
    """Waits for a pattern in what the shell has written since the last one."""
    global seen
    end = time.monotonic() + 60
    while not (found := re.search(pattern, seen)):
        if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
            sys.exit(f"{pattern} did not come within a minute: {seen!r}")
        seen += os.read(terminal, 4096).decode(errors="replace")
    seen = seen[found.end() :]
    return found


send(load + "; echo lo''aded\r")
until("loaded")
for line in sys.stdin.read().splitlines():
    send(f"tandem {line}\t\x01echo G''OT \x05 E''ND\r")  # Tab, then Ctrl-A and Ctrl-E around
    print(until(r"GOT (.*?) *END").group(1).strip())
os.kill(pid, 9)
