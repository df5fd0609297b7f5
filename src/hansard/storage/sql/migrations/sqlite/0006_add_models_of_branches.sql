-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE branches ADD COLUMN "model" TEXT;
