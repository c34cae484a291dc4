#!/usr/bin/env bash
# How an attempt ends is the director's to say. It is told the number of the execution, and answers with three lines: the exit code,
# what to write to standard error, and what to write to standard output. Where it does not answer, the action hangs.
exec 3<>"/dev/tcp/127.0.0.1/${TOUR_PORT:?}" || exit 70
printf '%s\n' "$ATTUNE_EXEC_ID" >&3
IFS= read -r code <&3 && IFS= read -r error <&3 && IFS= read -r output <&3 || exit 70
[ -z "$error" ] || printf '%s\n' "$error" >&2
[ -z "$output" ] || printf '%s\n' "$output"
exit "$code"
