-- Written by `hansard db revision` from the declarations in hansard/storage/tables/.

CREATE TABLE hansard.api_keys (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "deleted_at" timestamptz,
    "owner_id" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "fingerprint" text COLLATE "C" NOT NULL,
    "ending" text COLLATE "C" NOT NULL,
    "unlinked" text[] NOT NULL,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id")
);

CREATE UNIQUE INDEX api_keys_by_owner_id_name ON hansard.api_keys ("tenant_id", "owner_id", "name") WHERE "state" = 'active';

ALTER TABLE hansard.api_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.api_keys FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.api_keys USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.providers (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "deleted_at" timestamptz,
    "owner_id" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "type" text COLLATE "C" NOT NULL,
    "base_url" text COLLATE "C",
    "api_key_id" uuid,
    "header_names" text[] NOT NULL,
    "enabled" boolean NOT NULL,
    "position" bigint NOT NULL,
    "chosen_models" text[] NOT NULL,
    "models" json NOT NULL,
    "fetched_at" timestamptz,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "api_key_id") REFERENCES hansard.api_keys ("tenant_id", "id")
);

CREATE INDEX providers_by_api_key_id ON hansard.providers ("tenant_id", "api_key_id") WHERE "api_key_id" IS NOT NULL;

CREATE UNIQUE INDEX providers_by_owner_id_name ON hansard.providers ("tenant_id", "owner_id", "name") WHERE "state" = 'active';

ALTER TABLE hansard.providers ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.providers FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.providers USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.secrets (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "id" uuid NOT NULL,
    "api_key_id" uuid,
    "provider_id" uuid,
    "root_id" text COLLATE "C" NOT NULL,
    "data_key" bytea NOT NULL,
    "content" bytea NOT NULL,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "api_key_id") REFERENCES hansard.api_keys ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "provider_id") REFERENCES hansard.providers ("tenant_id", "id")
);

CREATE INDEX secrets_by_api_key_id ON hansard.secrets ("tenant_id", "api_key_id") WHERE "api_key_id" IS NOT NULL;

CREATE INDEX secrets_by_provider_id ON hansard.secrets ("tenant_id", "provider_id") WHERE "provider_id" IS NOT NULL;

CREATE INDEX secrets_by_root_id ON hansard.secrets ("tenant_id", "root_id");

ALTER TABLE hansard.secrets ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.secrets FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.secrets USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));
