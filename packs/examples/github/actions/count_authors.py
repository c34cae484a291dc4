"""Counts the commits of each author, most first."""

import collections
import json
import sys

commits = json.loads(sys.stdin.buffer.read().decode("utf-8"))["commits"]
counts = collections.Counter(commit["author"] for commit in commits)
ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
json.dump({"authors": [{"name": name, "commits": count} for name, count in ranked]}, sys.stdout)
