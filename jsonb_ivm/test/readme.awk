# Turns the examples of README.md into a test: with -v part=sql its statements, with -v part=out
# what psql prints for them. In an example, comments are results.
BEGIN { print "\\pset format unaligned"; print "\\pset tuples_only on" }
/^```sql$/ { example = 1; next }
/^```$/ { example = 0; next }
example && /^-- / { if (part == "out") print substr($0, 4); next }
example { print }
