-- Is every tview what its definition says, row for row?  An error where not.
SELECT format('SELECT demo.compare(%L)', tview) FROM demo.tview ORDER BY tview::text \gexec
CALL demo.judge(:tviews);
SELECT format(E'\nverdict: %s documents in %s tviews, each equal to its definition',
              demo.figure(sum(documents)::bigint), count(*)) FROM demo.comparison;
