"""Calls the function `run` of one action again and again: `runner: warm` of Python actions.

argv: the folder of the pack, the action's file. Descriptor 3 is the worker: a line of JSON for each call, {"parameters", "context",
"env"}, answered by a line {"ok", "memory", "children", "length"} and as many bytes of JSON: what run() returned, or the text of what it
threw. Nobody ever writes to descriptor 4: it closes with the worker, and then the kernel ends this process and what it started.
"""

import importlib.machinery
import json
import os
import signal
import sys
import types

CHANNEL, LIFELINE = 3, 4


def end_with_worker():
    """Also while a call is stuck."""
    try:
        import fcntl

        fcntl.fcntl(LIFELINE, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(LIFELINE, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(LIFELINE, fcntl.F_SETFL, fcntl.fcntl(LIFELINE, fcntl.F_GETFL) | os.O_ASYNC)
    except (ImportError, AttributeError, OSError):
        pass  # not on Linux; then it ends at its next answer


def requests():
    parts = []
    while True:
        piece = os.read(CHANNEL, 65536)
        if not piece:
            return
        *ends, rest = piece.split(b"\n")
        for end in ends:
            yield b"".join([*parts, end])
            parts = []
        if rest:
            parts.append(rest)


def send(message):
    rest = memoryview(message)
    while rest:
        rest = rest[os.write(CHANNEL, rest) :]


def load(path):
    """The action as a module: its file may have any name, and leaves no byte code behind."""
    name = "attune_action"
    module = types.ModuleType(name)
    module.__file__ = path
    module.__loader__ = importlib.machinery.SourceFileLoader(name, path)
    sys.modules[name] = module
    try:
        with open(path, "rb") as source:
            exec(compile(source.read(), path, "exec", dont_inherit=True), module.__dict__)
        if not callable(getattr(module, "run", None)):
            raise TypeError("The action has no function run(parameters, context)")
    except BaseException:
        del sys.modules[name]  # the next call tries again
        raise
    return module


async def result_of(awaitable):
    return await awaitable


def call(module, request):
    value = module.run(request["parameters"], request["context"])
    if hasattr(value, "__await__"):
        import asyncio

        value = asyncio.run(result_of(value))
    return json.dumps(value, allow_nan=False).encode()


def told(error):
    """As the last line of a traceback has it."""
    name = type(error).__qualname__
    text = str(error)
    if isinstance(error, SystemExit):
        return "run() asked the interpreter to exit, which ends no call: let it return its result, or raise an exception"
    return f"{name}: {text}" if text else name


def show(error, own_frames):
    trace = error.__traceback__
    for _ in range(own_frames):
        trace = trace.tb_next if trace is not None else None
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def memory():
    """Bytes of this process that are in memory."""
    try:
        with open("/proc/self/statm", "rb", 0) as statm:
            return int(statm.read().split()[1]) * PAGE
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def has_children():
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    except ChildProcessError:
        return False


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # the action replaced or closed it


def main(folder, path):
    end_with_worker()
    for descriptor in (CHANNEL, LIFELINE):
        os.set_inheritable(descriptor, False)
    sys.argv = [path]
    sys.path[0] = os.path.dirname(path)
    sys.stdout.reconfigure(line_buffering=True)
    module = None
    for line in requests():
        request = json.loads(line)
        for name, value in request["env"].items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        ok = True
        own_frames = 2  # this function's and load's or call's
        try:
            os.chdir(folder)
            if module is None:
                module = load(path)
            payload = call(module, request)
        except BaseException as error:
            ok = False
            payload = json.dumps(told(error)).encode()
            show(error, own_frames)
            del error
        request = None  # what it held is not to outlive the call
        flush()
        header = {"ok": ok, "memory": memory(), "children": has_children(), "length": len(payload)}
        send(json.dumps(header).encode() + b"\n" + payload)
        payload = None


PAGE = os.sysconf("SC_PAGE_SIZE")

if __name__ == "__main__":
    main(*sys.argv[1:])
