"""Starts Python actions by forking itself, so that none waits for an interpreter to start.

It talks with the worker on descriptor 3, in lines of JSON. It says first what it is: {"version", "modules", "room"}. It is then given one
line for each action, {"id", "script", "argv", "cwd", "env", "stdin", "stdout", "stderr"}, and answers {"id", "pid"} once the child has its
streams, or {"id", "refused"}; when a child has ended, {"id", "status"} with the status of wait(2). It ends when the worker has closed its
side. Parameters, and so secrets, never pass through this process: children read them from their own standard input.

A child is to find what a new interpreter would find. Where that cannot be, it becomes a new interpreter.
"""

import errno
import atexit
import gc
import io
import os
import select
import signal
import sys
import types
from importlib.machinery import SourceFileLoader

# What nearly every action imports. Names of the pack's own files come first there, so the worker lets no pack with such a name be forked.
import datetime  # noqa: F401
import json
import re  # noqa: F401
import subprocess  # noqa: F401

CHANNEL = 3


def memory_areas():
    """Where the kernel looks for what /proc/self/cmdline and /proc/self/environ show: proc(5), fields 48 to 51 of stat."""
    with open("/proc/self/stat", "rb") as stat:
        text = stat.read()
    fields = text[text.rindex(b")") + 2 :].split()
    arguments, environment = fields[45:47], fields[47:49]
    return tuple(map(int, arguments)), tuple(map(int, environment))


def write_area(memory, area, entries):
    """Shows these entries in place of those the process began with. The area must not be read any more by anything of the process."""
    begin, end = area
    os.pwrite(memory, b"".join(entry + b"\0" for entry in entries).ljust(end - begin, b"\0"), begin)


def show(areas, arguments, environment):
    memory = os.open("/proc/self/mem", os.O_RDWR)
    write_area(memory, areas[0], [os.fsencode(argument) for argument in arguments])
    write_area(memory, areas[1], [os.fsencode(name + "=" + value) for name, value in environment.items()])
    os.close(memory)


def prove(areas):
    """Raises where a process may not write there."""
    memory = os.open("/proc/self/mem", os.O_RDWR)
    for begin, end in areas:
        os.pwrite(memory, os.pread(memory, end - begin, begin), begin)
    os.close(memory)


def send(message):
    rest = json.dumps(message).encode() + b"\n"
    while rest:
        rest = rest[os.write(CHANNEL, rest) :]


class Child(Exception):
    """Leads out of the loop, in a child."""


def serve(areas, wakeup, wakeup_writer):
    """Forks for each request; in the child it raises Child with the request."""
    children = {}
    rest = b""
    poll = select.poll()
    poll.register(CHANNEL, select.POLLIN)
    poll.register(wakeup, select.POLLIN)
    while True:
        ready = dict(poll.poll())
        if wakeup in ready:
            os.read(wakeup, 4096)
            reap(children)
        if CHANNEL not in ready:
            continue
        piece = os.read(CHANNEL, 65536)
        if not piece:
            os._exit(0)
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            request = json.loads(line)
            try:
                pid = fork(request)
            except OSError as error:
                send({"id": request["id"], "refused": error.strerror})
                continue
            if pid == 0:
                signal.set_wakeup_fd(-1)
                for descriptor in (CHANNEL, wakeup, wakeup_writer):
                    os.close(descriptor)
                os.environ.clear()  # before the area is written to: until then the C library's entries lie in it
                show(areas, [sys.executable, "-u", "-B", *request["argv"]], request["env"])
                raise Child(request)
            children[pid] = request["id"]
            send({"id": request["id"], "pid": pid})


def fork(request):
    """The streams are opened before, so that the worker can let go of its ends as soon as it hears of the child."""
    opened = []
    try:
        for name, flags in (("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY), ("stderr", os.O_WRONLY)):
            opened.append(os.open(request[name], flags))
        pid = os.fork()
        if pid == 0:
            os.setsid()
            for number, descriptor in enumerate(opened):
                os.dup2(descriptor, number)
        return pid
    finally:
        for descriptor in opened:
            os.close(descriptor)


def reap(children):
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        send({"id": children.pop(pid), "status": status})


def become_new_interpreter(request):
    """Python ignores this signal, and what is ignored stays so in the next program."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execve(sys.executable, [sys.executable, "-u", "-B", *request["argv"]], request["env"])


def stream(descriptor, mode, name, like):
    """Standard streams as Python makes them for -u; they know of the file behind them, so each child makes its own."""
    raw = open(descriptor, mode, 0 if mode == "wb" else -1, closefd=False)
    (raw if mode == "wb" else raw.raw).name = name
    made = io.TextIOWrapper(raw, like.encoding, like.errors, "\n", False, True)
    made.mode = mode[0]
    return made


def prepare(request, library):
    """Makes this process what a new interpreter would be at the first line of the script. Answers its code and its names."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    script, environment = request["script"], request["env"]
    os.environ.update(environment)
    try:
        os.chdir(request["cwd"])
        with open(script, "rb") as source:
            text = source.read()
    except OSError:
        text = b"\0"
    if b"\0" in text:  # no source: the interpreter has its own words for it
        become_new_interpreter(request)
    sys.stdin = sys.__stdin__ = stream(0, "rb", "<stdin>", sys.__stdin__)
    sys.stdout = sys.__stdout__ = stream(1, "wb", "<stdout>", sys.__stdout__)
    sys.stderr = sys.__stderr__ = stream(2, "wb", "<stderr>", sys.__stderr__)
    sys.argv = list(request["argv"])
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = [sys.executable, "-u", "-B", *request["argv"]]
    own = [] if getattr(sys.flags, "safe_path", False) else [os.path.dirname(script)]
    sys.path[:] = own + environment["PYTHONPATH"].split(os.pathsep) + library
    main = types.ModuleType("__main__")
    main.__file__ = script
    main.__cached__ = None
    main.__builtins__ = __builtins__
    if "__annotations__" in globals():
        main.__annotations__ = {}
    main.__loader__ = SourceFileLoader("__main__", script)
    sys.modules["__main__"] = main
    return text, main


def run(text, main):
    """What the interpreter does with a script, and with what the script throws; the frames of this file are left out of what is told."""
    try:
        exec(compile(text, main.__file__, "exec", dont_inherit=True), main.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        trace = error.__traceback__.tb_next
        error.__traceback__ = trace
        sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
        if sys.version_info >= (3, 12):
            sys.last_exc = error
        sys.excepthook(type(error), error, trace)
        if isinstance(error, KeyboardInterrupt):
            atexit._run_exitfuncs()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        sys.exit(1)


def main():
    areas = memory_areas()
    prove(areas)
    environment = {name: value for name, value in os.environ.items() if name != "ATTUNE_ROOM"}
    os.environ.clear()
    show(areas, [sys.executable, "-u", "-B", __file__], environment)  # nobody need see the room
    os.environ.update(environment)
    library = sys.path[1:]
    sys.path_importer_cache.pop(sys.path[0], None)
    os.set_inheritable(CHANNEL, False)
    wakeup, wakeup_writer = os.pipe()
    for descriptor in (wakeup, wakeup_writer):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakeup_writer, warn_on_full_buffer=False)
    send({"version": sys.version, "modules": sorted(sys.modules), "room": [end - begin for begin, end in areas]})
    gc.collect()
    gc.freeze()
    try:
        serve(areas, wakeup, wakeup_writer)
    except Child as child:
        request = child.args[0]
    return prepare(request, library)


if __name__ == "__main__":
    run(*main())
