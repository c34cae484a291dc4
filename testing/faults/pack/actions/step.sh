#!/usr/bin/env bash
# One attempt. It writes into a file of its execution when it began, that it lives (ten times a second), and when it ended; a second
# attempt under the same execution would add to the same file. Parameters come as lines of name='value' on standard input.
key='' mode=ok ms=0 failures=0
while IFS='=' read -r name value; do
  value=${value#\'} value=${value%\'}
  case $name in
    key) key=$value ;;
    mode) mode=$value ;;
    ms) ms=$value ;;
    failures) failures=$value ;;
  esac
done

note() {
  printf '%s %s %s %s %s %s\n' "$1" "$ATTUNE_EXEC_ID" "$ATTUNE_ATTEMPT" "$ATTUNE_ATTEMPT_TOKEN" "$$" "$EPOCHREALTIME" \
    >>"$FAULTS_EFFECTS/$ATTUNE_EXEC_ID"
}

note start
while [ "$ms" -gt 0 ]; do
  if [ "$ms" -gt 100 ]; then sleep 0.1; else sleep "0.0$ms"; fi
  ms=$((ms - 100))
  note alive
done
case $mode in
  flaky) [ "$ATTUNE_ATTEMPT" -gt "$failures" ] || { note fail; exit 3; } ;;
  fail) note fail; exit 3 ;;
  signal) note fail; kill -9 $$ ;;
  flood) head -c 3000000 /dev/zero | tr '\0' x >&2 ;;
  bytes) printf '\377\376\000\200\n' >&2 ;;
  fork) sleep 60 & ;;
  leave) setsid sleep 2 >/dev/null 2>&1 </dev/null & ;;
esac
note end
printf '{"key":"%s","execution":"%s"}\n' "$key" "$ATTUNE_EXEC_ID"
