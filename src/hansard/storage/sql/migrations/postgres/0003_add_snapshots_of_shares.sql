-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE hansard.shares ADD COLUMN "snapshot" json;
