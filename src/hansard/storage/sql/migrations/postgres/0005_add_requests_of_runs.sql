-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE hansard.runs ADD COLUMN "request_id" uuid;

CREATE INDEX runs_by_request_id ON hansard.runs ("tenant_id", "request_id") WHERE "request_id" IS NOT NULL;
