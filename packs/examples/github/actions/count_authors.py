"""Counts the commits of each author, most first. It is called by a warm runner, so many pushes need one interpreter."""

import collections


def run(parameters, context):
    counts = collections.Counter(commit["author"] for commit in parameters["commits"])
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return {"authors": [{"name": name, "commits": count} for name, count in ranked]}
