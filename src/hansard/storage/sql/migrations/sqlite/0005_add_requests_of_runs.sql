-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE runs ADD COLUMN "request_id" BLOB;

CREATE INDEX runs_by_request_id ON runs ("tenant_id", "request_id") WHERE "request_id" IS NOT NULL;
