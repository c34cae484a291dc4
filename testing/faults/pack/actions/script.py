"""The same as step.sh, in another runtime."""
import json, os, sys, time

key = json.load(sys.stdin)["key"]


def note(what):
    names = ("ATTUNE_EXEC_ID", "ATTUNE_ATTEMPT", "ATTUNE_ATTEMPT_TOKEN")
    line = " ".join([what, *(os.environ[name] for name in names), str(os.getpid()), f"{time.time():.6f}"])
    path = os.path.join(os.environ["FAULTS_EFFECTS"], os.environ["ATTUNE_EXEC_ID"])
    with open(path, "a") as file:
        file.write(line + "\n")


note("start")
note("end")
print(json.dumps({"key": key, "execution": os.environ["ATTUNE_EXEC_ID"]}, separators=(",", ":")))
