-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE hansard.branches ADD COLUMN "model" text COLLATE "C";
