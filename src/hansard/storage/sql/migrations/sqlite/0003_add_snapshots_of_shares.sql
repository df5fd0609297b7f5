-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE shares ADD COLUMN "snapshot" TEXT;
