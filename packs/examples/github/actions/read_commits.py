"""Takes from a push what the other steps need: its commits, and what became of each file over all of them."""

import json
import sys


def branch_of(ref):
    prefix = "refs/heads/"
    return ref[len(prefix):] if ref.startswith(prefix) else ref


def commit_of(commit):
    author = commit.get("author") or {}
    return {
        "id": commit["id"],
        "author": author.get("username") or author.get("name") or "unknown",
        "subject": (commit.get("message") or "").split("\n", 1)[0],
    }


def files_of(commits):
    """The net change of each file: what one commit adds and a later one removes was never there."""
    changes = {}
    for commit in commits:
        for change in ("added", "modified", "removed"):
            for path in commit.get(change) or []:
                before = changes.get(path)
                if before == "added" and change == "removed":
                    del changes[path]
                elif before == "removed" and change == "added":
                    changes[path] = "modified"
                elif not (before == "added" and change == "modified"):
                    changes[path] = change
    return [{"path": path, "change": changes[path]} for path in sorted(changes)]


def main():
    push = json.loads(sys.stdin.buffer.read().decode("utf-8"))["push"]
    commits = push.get("commits") or []
    json.dump(
        {
            "repository": push["repository"]["full_name"],
            "branch": branch_of(push["ref"]),
            "head": push.get("after") or "",
            "pusher": (push.get("pusher") or {}).get("name") or "unknown",
            "compare": push.get("compare") or "",
            "commits": [commit_of(commit) for commit in commits],
            "files": files_of(commits),
        },
        sys.stdout,
    )


main()
