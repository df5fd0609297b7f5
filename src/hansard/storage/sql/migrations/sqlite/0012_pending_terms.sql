-- By hand: only on PostgreSQL are pending rows listed, and the numbers of the engines' migrations are the same.
SELECT 1;
