-- Written by `hansard db revision` from the declarations in hansard/storage/tables/.

CREATE TABLE api_keys (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "state" TEXT NOT NULL,
    "deleted_at" INTEGER,
    "owner_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "ending" TEXT NOT NULL,
    "unlinked" TEXT NOT NULL,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id")
) STRICT;

CREATE UNIQUE INDEX api_keys_by_owner_id_name ON api_keys ("tenant_id", "owner_id", "name") WHERE "state" = 'active';

CREATE TABLE providers (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "state" TEXT NOT NULL,
    "deleted_at" INTEGER,
    "owner_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "base_url" TEXT,
    "api_key_id" BLOB,
    "header_names" TEXT NOT NULL,
    "enabled" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "chosen_models" TEXT NOT NULL,
    "models" TEXT NOT NULL,
    "fetched_at" INTEGER,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "api_key_id") REFERENCES api_keys ("tenant_id", "id")
) STRICT;

CREATE INDEX providers_by_api_key_id ON providers ("tenant_id", "api_key_id") WHERE "api_key_id" IS NOT NULL;

CREATE UNIQUE INDEX providers_by_owner_id_name ON providers ("tenant_id", "owner_id", "name") WHERE "state" = 'active';

CREATE TABLE secrets (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "owner_id" TEXT NOT NULL,
    "id" BLOB NOT NULL,
    "api_key_id" BLOB,
    "provider_id" BLOB,
    "root_id" TEXT NOT NULL,
    "data_key" BLOB NOT NULL,
    "content" BLOB NOT NULL,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "api_key_id") REFERENCES api_keys ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "provider_id") REFERENCES providers ("tenant_id", "id")
) STRICT;

CREATE INDEX secrets_by_api_key_id ON secrets ("tenant_id", "api_key_id") WHERE "api_key_id" IS NOT NULL;

CREATE INDEX secrets_by_provider_id ON secrets ("tenant_id", "provider_id") WHERE "provider_id" IS NOT NULL;

CREATE INDEX secrets_by_root_id ON secrets ("tenant_id", "root_id");
