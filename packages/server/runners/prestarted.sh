# A shell that waits to become one action. A line on descriptor 3 tells that standard input holds what the action is to read, and
# descriptor 4 what is to be done, which ends in `exec`. No line means that it is not needed.
read -r line <&3 || exit 1
. /dev/fd/4
