-- The tables of scale :scale and what changes and compares them.
\ir tables.sql
\ir rows.sql
\ir keys.sql
\ir refresh.sql
\ir compare.sql
