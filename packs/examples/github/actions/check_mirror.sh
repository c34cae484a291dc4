#!/bin/sh
# Fails while the attempt's number, which the worker knows, is not above the number of failures asked for. Nothing is kept between
# attempts, so it behaves the same wherever and after whatever crash the next attempt runs.
failures=$(sed -n "s/^failures='\([0-9][0-9]*\)'\$/\1/p")
attempt=${ATTUNE_ATTEMPT:-1}

if [ "$attempt" -le "${failures:-0}" ]; then
  echo "The mirror did not answer attempt $attempt" >&2
  exit 1
fi
printf '{"attempt": %d}\n' "$attempt"
