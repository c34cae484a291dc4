"""Puts everything that was found out about a push into a report."""

import json
import sys


def counted(count, noun):
    return "1 " + noun if count == 1 else "%d %ss" % (count, noun)


def main():
    given = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    push, authors, kinds = given["push"], given["authors"], given["kinds"]
    commits, files = push["commits"], push["files"]

    title = "%s pushed %s to %s of %s, changing %s" % (
        push["pusher"],
        counted(len(commits), "commit"),
        push["branch"],
        push["repository"],
        counted(len(files), "file"),
    )
    lines = ["# " + title, ""]
    lines += ["- `%s` %s (%s)" % (commit["id"][:7], commit["subject"], commit["author"]) for commit in commits]
    lines += [""] if commits else []
    lines += ["| Kind | Files |", "|---|---|"] if kinds else ["No file was changed."]
    lines += ["| %s | %d |" % (kind, kinds[kind]) for kind in sorted(kinds)]
    lines += ["", "Weight: %s. Mirror: %s." % (given["weight"], given["mirror"])]

    json.dump(
        {
            "title": title,
            "text": "\n".join(lines) + "\n",
            "repository": push["repository"],
            "branch": push["branch"],
            "head": push["head"],
            "commits": len(commits),
            "authors": authors,
            "files": len(files),
            "kinds": kinds,
            "weight": given["weight"],
            "mirror": given["mirror"],
        },
        sys.stdout,
    )


main()
