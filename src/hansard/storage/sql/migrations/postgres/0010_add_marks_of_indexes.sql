-- By hand: only on SQLite does an index have a mark, and the numbers of the engines' migrations are the same.
SELECT 1;
