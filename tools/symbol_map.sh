#!/bin/sh
# Print a linker version script that exports the functions declared in the headers of folder $1, and nothing else.
set -eu
echo "{"
echo "global:"
# Comments go, then every lw_name followed by "(" is a function, but for types of functions.
cat "$1"/*.h | awk '
    { line = $0
      while (1) {
          if (inside) { end = index(line, "*/"); if (!end) { line = ""; break }
                        line = substr(line, end + 2); inside = 0 }
          start = index(line, "/*"); if (!start) break
          printf "%s ", substr(line, 1, start - 1); line = substr(line, start + 2); inside = 1 }
      print line }' |
    grep -v '^typedef' | grep -oE '\blw_[a-z0-9_]+\(' | sed 's/($/;/; s/^/    /' | LC_ALL=C sort -u
echo "local:"
echo "    *;"
echo "};"
