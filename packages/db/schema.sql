-- Printed from the catalogs after the last migration; see schema-snapshot.ts.

create schema attune;
create schema attune_archive;

create type attune.enforcement_condition_enum as enum ('any', 'all');
create type attune.enforcement_status_enum as enum ('created', 'processed', 'disabled', 'failed');
create type attune.execution_status_enum as enum ('requested', 'scheduling', 'scheduled', 'running', 'completed', 'failed', 'canceling', 'cancelled', 'timeout', 'abandoned');
create type attune.inquiry_status_enum as enum ('pending', 'responded', 'timeout', 'cancelled');
create type attune.owner_type_enum as enum ('system', 'identity', 'pack', 'action', 'sensor');
create type attune.runtime_type_enum as enum ('action', 'sensor');
create type attune.worker_status_enum as enum ('active', 'inactive', 'busy', 'error');
create type attune.worker_type_enum as enum ('local', 'remote', 'container');

CREATE OR REPLACE FUNCTION attune.check_workflow_task()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  task jsonb := new.workflow_task;
  holds boolean;
begin
  begin
    holds := attune.is_workflow_task(task);
  exception when data_exception then
    holds := false;
  end;
  if holds is not true then
    raise exception using errcode = 'check_violation', schema = 'attune', table = 'execution', column = 'workflow_task',
      constraint = 'execution_workflow_task_check',
      message = format('execution %s violates execution_workflow_task_check: %s', new.id, attune.workflow_task_fault(task));
  end if;
  if tg_op = 'INSERT' or task->'workflow_execution' is distinct from old.workflow_task->'workflow_execution' then
    perform from attune.workflow_execution w where w.id = (task->>'workflow_execution')::bigint for key share;
    if not found then
      raise exception using errcode = 'foreign_key_violation', schema = 'attune', table = 'execution', column = 'workflow_task',
        constraint = 'execution_workflow_task_reference',
        message = format('execution %s is the task of a workflow execution that does not exist: %s', new.id,
          task->>'workflow_execution');
    end if;
  end if;
  return null;
end
$function$;
-- The time of the transaction on the database's clock
CREATE OR REPLACE FUNCTION attune.clock()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN now();
CREATE OR REPLACE FUNCTION attune.delete_task_executions()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  with recursive doomed as (
    select e.id from gone join attune.execution e on e.workflow_task->>'workflow_execution' = gone.id::text
    union
    select e.id from doomed join attune.execution e on e.parent = doomed.id
  )
  delete from attune.execution where id in (select id from doomed);
  return null;
end
$function$;
-- RFC 3339 in UTC with microseconds: the text of an instant inside jsonb
CREATE OR REPLACE FUNCTION attune.instant(at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    select case
      when not isfinite(at) then at::text
      when extract(year from at at time zone 'UTC') < 1 then to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00 BC')
      else to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    end
  $function$;
-- Whether this holds the twelve keys with their types; null where one is missing, an error where text is no number or instant
CREATE OR REPLACE FUNCTION attune.is_workflow_task(task jsonb)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    select task @@ 'strict $.workflow_execution.type() == "number"
        && $.task_name.type() == "string"
        && ($.task_index == null || $.task_index.type() == "number")
        && ($.task_batch == null || $.task_batch.type() == "number")
        && $.retry_count.type() == "number"
        && $.max_retries.type() == "number"
        && ($.next_retry_at == null || $.next_retry_at.type() == "string")
        && ($.timeout_seconds == null || $.timeout_seconds.type() == "number")
        && $.timed_out.type() == "boolean"
        && ($.duration_ms == null || $.duration_ms.type() == "number")
        && ($.started_at == null || $.started_at.type() == "string")
        && ($.completed_at == null || $.completed_at.type() == "string")'
      and num_nonnulls(
        (task->>'workflow_execution')::bigint, (task->>'task_index')::integer, (task->>'task_batch')::integer,
        (task->>'retry_count')::integer, (task->>'max_retries')::integer, (task->>'timeout_seconds')::integer,
        (task->>'duration_ms')::bigint, (task->>'next_retry_at')::timestamptz,
        (task->>'started_at')::timestamptz, (task->>'completed_at')::timestamptz) > 0
  $function$;
-- Does at a deletion what a foreign key of a hot table would do
CREATE OR REPLACE FUNCTION attune.keep_references()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
-- Arguments: the table and the column that name what was deleted, the column they name it by, and what becomes of them: 'refuse' as a
-- foreign key refuses, or 'forget'.
declare
  fault text;
begin
  if tg_argv[3] = 'forget' then
    execute format('update attune.%1$I r set %2$I = null from gone where r.%2$I = gone.%3$I', tg_argv[0], tg_argv[1], tg_argv[2]);
    return null;
  end if;
  execute format('select gone.%3$I::text from gone join attune.%1$I r on r.%2$I = gone.%3$I limit 1', tg_argv[0], tg_argv[1], tg_argv[2])
    into fault;
  if fault is not null then
    raise foreign_key_violation using
      constraint = format('%s_%s_fkey', tg_argv[0], tg_argv[1]), table = tg_table_name, schema = tg_table_schema,
      message = format('update or delete on table "%s" violates foreign key constraint "%s_%s_fkey" on table "%s"',
        tg_table_name, tg_argv[0], tg_argv[1], tg_argv[0]),
      detail = format('Key (%s)=(%s) is still referenced from table "%s".', tg_argv[2], fault, tg_argv[0]);
  end if;
  return null;
end $function$;
CREATE OR REPLACE FUNCTION attune.registry_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update attune.registry set version = version + 1;
  return null;
end $function$;
-- What attune.is_workflow_task misses, in words; null where it misses nothing
CREATE OR REPLACE FUNCTION attune.workflow_task_fault(task jsonb)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  key text;
  kind text;
  type text;
  wanted text;
begin
  if jsonb_typeof(task) <> 'object' then
    return format('workflow_task is %s and not an object', left(task::text, 100));
  end if;
  for key, kind, type, wanted in
    values ('workflow_execution', 'number', 'bigint', 'a 64-bit integer'), ('task_name', 'string', 'text', 'a string'),
      ('task_index', 'number', 'integer', 'an integer or null'), ('task_batch', 'number', 'integer', 'an integer or null'),
      ('retry_count', 'number', 'integer', 'an integer'), ('max_retries', 'number', 'integer', 'an integer'),
      ('next_retry_at', 'string', 'timestamptz', 'an instant or null'),
      ('timeout_seconds', 'number', 'integer', 'an integer or null'), ('timed_out', 'boolean', 'boolean', 'true or false'),
      ('duration_ms', 'number', 'bigint', 'a 64-bit integer or null'),
      ('started_at', 'string', 'timestamptz', 'an instant or null'), ('completed_at', 'string', 'timestamptz', 'an instant or null')
  loop
    continue when task->key = 'null' and wanted like '% or null';
    begin
      if jsonb_typeof(task->key) = kind then
        execute format('select $1::%s', type) using task->>key;
        continue;
      end if;
    exception when data_exception then
      null;
    end;
    return format('workflow_task.%s is %s; it has to be %s', key, coalesce(left((task->key)::text, 100), 'missing'), wanted);
  end loop;
  return null;
end
$function$;

create table attune.action (
  id bigserial not null,
  created timestamp with time zone default attune.clock() not null,
  definition jsonb,
  description text not null,
  entrypoint text not null,
  is_workflow boolean default false not null,
  label text not null,
  out_schema jsonb,
  pack bigint not null,
  pack_ref text not null,
  param_schema jsonb,
  ref text not null,
  removed_at timestamp with time zone,
  revision text,
  runtime bigint,
  runtime_ref text,
  updated timestamp with time zone default attune.clock() not null,
  workflow_def bigint,
  constraint action_pkey PRIMARY KEY (id),
  constraint action_ref_check CHECK (ref = lower(ref) AND ref ~ '^[^.]+\.[^.]+$'::text),
  constraint action_ref_key UNIQUE (ref)
);
create table attune.audit_event (
  id bigserial not null,
  actor_identity bigint,
  actor_login text,
  category text not null,
  created timestamp with time zone default attune.clock() not null,
  details jsonb,
  event_type text not null,
  outcome text not null,
  request_id text,
  resource_ref text,
  resource_type text,
  constraint audit_event_pkey PRIMARY KEY (id),
  constraint audit_event_outcome_check CHECK (outcome = ANY (ARRAY['success'::text, 'failure'::text, 'denied'::text]))
);
create table attune.enforcement (
  id bigserial not null,
  condition attune.enforcement_condition_enum default 'all'::attune.enforcement_condition_enum not null,
  conditions jsonb default '[]'::jsonb not null,
  config jsonb,
  created timestamp with time zone default attune.clock() not null,
  error jsonb,
  event bigint,
  payload jsonb not null,
  resolved_at timestamp with time zone,
  revision text,
  rule bigint,
  rule_ref text not null,
  status attune.enforcement_status_enum default 'created'::attune.enforcement_status_enum not null,
  trigger_ref text not null,
  updated timestamp with time zone default attune.clock() not null,
  constraint enforcement_pkey PRIMARY KEY (id)
);
create table attune.event (
  id bigserial not null,
  cause bigint,
  config jsonb,
  created timestamp with time zone default attune.clock() not null,
  headers jsonb,
  match_error jsonb,
  matched_at timestamp with time zone,
  payload jsonb,
  rule bigint,
  rule_set text,
  source bigint,
  source_ref text,
  trigger bigint,
  trigger_ref text not null,
  updated timestamp with time zone default attune.clock() not null,
  constraint event_pkey PRIMARY KEY (id)
);
create table attune.execution (
  id bigserial not null,
  action bigint,
  action_ref text not null,
  cause bigint,
  completed_at timestamp with time zone,
  config jsonb,
  created timestamp with time zone default attune.clock() not null,
  enforcement bigint,
  executor bigint,
  held boolean default false not null,
  input_hash text,
  lease_token uuid,
  lease_until timestamp with time zone,
  original_execution bigint,
  pack_revision text,
  parent bigint,
  rerun jsonb,
  rerun_of bigint,
  result jsonb,
  result_hash text,
  retry_count integer default 0 not null,
  revision text,
  run_after timestamp with time zone,
  runtime text,
  started_at timestamp with time zone,
  status attune.execution_status_enum default 'requested'::attune.execution_status_enum not null,
  timeout_seconds integer,
  updated timestamp with time zone default attune.clock() not null,
  worker bigint,
  workflow_def bigint,
  workflow_task jsonb,
  constraint execution_pkey PRIMARY KEY (id),
  constraint execution_timeout_seconds_check CHECK (timeout_seconds > 0)
);
create table attune.execution_late_report (
  id bigserial not null,
  created timestamp with time zone default attune.clock() not null,
  execution bigint not null,
  lease_token uuid not null,
  outcome jsonb not null,
  constraint execution_late_report_pkey PRIMARY KEY (id)
);
create table attune.execution_log (
  byte_offset bigint not null,
  content bytea not null,
  created timestamp with time zone default attune.clock() not null,
  execution bigint not null,
  stream text not null,
  constraint execution_log_pkey PRIMARY KEY (execution, stream, byte_offset),
  constraint execution_log_byte_offset_check CHECK (byte_offset >= 0),
  constraint execution_log_stream_check CHECK (stream = ANY (ARRAY['stdout'::text, 'stderr'::text]))
);
create table attune.idempotency (
  created timestamp with time zone default attune.clock() not null,
  entities bigint[],
  entity bigint not null,
  entity_type text not null,
  key text not null,
  request_hash text not null,
  scope text not null,
  constraint idempotency_pkey PRIMARY KEY (scope, key),
  constraint idempotency_entity_type_check CHECK (entity_type = ANY (ARRAY['event'::text, 'execution'::text, 'key'::text]))
);
create table attune.identity (
  id bigserial not null,
  attributes jsonb default '{}'::jsonb not null,
  created timestamp with time zone default attune.clock() not null,
  display_name text,
  login text not null,
  password_hash text,
  updated timestamp with time zone default attune.clock() not null,
  constraint identity_pkey PRIMARY KEY (id),
  constraint identity_login_key UNIQUE (login)
);
create table attune.inquiry (
  id bigserial not null,
  action_result jsonb,
  assigned_to bigint,
  created timestamp with time zone default attune.clock() not null,
  execution bigint not null,
  prompt text not null,
  responded_at timestamp with time zone,
  responded_by bigint,
  response jsonb,
  response_schema jsonb,
  status attune.inquiry_status_enum default 'pending'::attune.inquiry_status_enum not null,
  timeout_at timestamp with time zone,
  updated timestamp with time zone default attune.clock() not null,
  constraint inquiry_pkey PRIMARY KEY (id)
);
create table attune.integration_token (
  id bigserial not null,
  created timestamp with time zone default attune.clock() not null,
  expires_at timestamp with time zone,
  identity bigint not null,
  label text not null,
  revoked_at timestamp with time zone,
  token_hash text not null,
  token_prefix text not null,
  constraint integration_token_pkey PRIMARY KEY (id),
  constraint integration_token_label_check CHECK (label <> ''::text),
  constraint integration_token_token_hash_key UNIQUE (token_hash)
);
create table attune.key (
  id bigserial not null,
  created timestamp with time zone default attune.clock() not null,
  encrypted boolean not null,
  encryption_key_hash text,
  name text not null,
  owner text,
  owner_action bigint,
  owner_action_ref text,
  owner_identity bigint,
  owner_pack bigint,
  owner_pack_ref text,
  owner_sensor bigint,
  owner_sensor_ref text,
  owner_type attune.owner_type_enum not null,
  ref text not null,
  updated timestamp with time zone default attune.clock() not null,
  value text not null,
  value_format text default 'text'::text not null,
  constraint key_pkey PRIMARY KEY (id),
  constraint key_owner_type_owner_name_key UNIQUE (owner_type, owner, name),
  constraint key_ref_check CHECK (ref = lower(ref) AND ref ~ '^[^.]+(\.[^.]+)*$'::text),
  constraint key_ref_key UNIQUE (ref),
  constraint key_value_format_check CHECK (value_format = ANY (ARRAY['text'::text, 'json'::text]))
);
-- Login attempts of a login, an address or both within the present window
create table attune.login_throttle (
  attempts integer not null,
  subject text not null,
  window_ends timestamp with time zone not null,
  constraint login_throttle_pkey PRIMARY KEY (subject),
  constraint login_throttle_attempts_check CHECK (attempts > 0)
);
create table attune.pack (
  id bigserial not null,
  conf_schema jsonb default '{}'::jsonb not null,
  config jsonb default '{}'::jsonb not null,
  config_defaults jsonb default '{}'::jsonb not null,
  created timestamp with time zone default attune.clock() not null,
  description text,
  is_standard boolean default false not null,
  label text not null,
  meta jsonb default '{}'::jsonb not null,
  ref text not null,
  revision text,
  runtime_deps text[] default '{}'::text[] not null,
  source_path text,
  tags text[] default '{}'::text[] not null,
  updated timestamp with time zone default attune.clock() not null,
  version text not null,
  constraint pack_pkey PRIMARY KEY (id),
  constraint pack_config_defaults_check CHECK (jsonb_typeof(config_defaults) = 'object'::text),
  constraint pack_ref_check CHECK (ref ~ '^[a-z][a-z0-9_-]+$'::text),
  constraint pack_ref_key UNIQUE (ref),
  constraint pack_version_check CHECK (version ~ '^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$'::text)
);
-- The definitions that the actions of a pack have in one of its revisions; never updated
create table attune.pack_action (
  pack_revision text not null,
  ref text not null,
  revision text not null,
  runtime_ref text,
  constraint pack_action_pkey PRIMARY KEY (pack_revision, ref)
);
create table attune.pack_blob (
  content bytea not null,
  sha256 text not null,
  constraint pack_blob_pkey PRIMARY KEY (sha256),
  constraint pack_blob_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'::text)
);
create table attune.pack_file (
  mode integer not null,
  pack_revision text not null,
  path text not null,
  sha256 text not null,
  constraint pack_file_pkey PRIMARY KEY (pack_revision, path),
  constraint pack_file_mode_check CHECK (mode = ANY (ARRAY[420, 493]))
);
-- Task executions that ended while their run was paused, in the order they ended; the run is told of them when it is resumed
create table attune.paused_end (
  id bigserial not null,
  execution bigint not null,
  restarts boolean not null,
  workflow_execution bigint not null,
  constraint paused_end_pkey PRIMARY KEY (id),
  constraint paused_end_execution_key UNIQUE (execution)
);
create table attune.permission_assignment (
  id bigserial not null,
  created timestamp with time zone default attune.clock() not null,
  identity bigint not null,
  permset bigint not null,
  constraint permission_assignment_pkey PRIMARY KEY (id),
  constraint permission_assignment_identity_permset_key UNIQUE (identity, permset)
);
create table attune.permission_set (
  id bigserial not null,
  created timestamp with time zone default attune.clock() not null,
  description text,
  grants jsonb default '[]'::jsonb not null,
  label text,
  pack bigint,
  pack_ref text,
  ref text not null,
  updated timestamp with time zone default attune.clock() not null,
  constraint permission_set_pkey PRIMARY KEY (id),
  constraint permission_set_ref_check CHECK (ref = lower(ref) AND ref ~ '^[^.]+\.[^.]+$'::text),
  constraint permission_set_ref_key UNIQUE (ref)
);
create table attune.refresh_token (
  created timestamp with time zone default attune.clock() not null,
  expires_at timestamp with time zone not null,
  family uuid not null,
  identity bigint not null,
  revoked_at timestamp with time zone,
  token_hash text not null,
  used_at timestamp with time zone,
  constraint refresh_token_pkey PRIMARY KEY (token_hash)
);
-- One row, whose version changes in every transaction that changes an action or a pack
create table attune.registry (
  is_only boolean default true not null,
  version bigint default 1 not null,
  constraint registry_pkey PRIMARY KEY (is_only),
  constraint registry_is_only_check CHECK (is_only)
);
-- Immutable definitions by the SHA-256 of their canonical JSON; never updated
create table attune.revision (
  created timestamp with time zone default attune.clock() not null,
  definition jsonb not null,
  hash text not null,
  kind text not null,
  ref text not null,
  constraint revision_pkey PRIMARY KEY (hash),
  constraint revision_hash_check CHECK (hash ~ '^[0-9a-f]{64}$'::text),
  constraint revision_kind_check CHECK (kind = ANY (ARRAY['pack'::text, 'action'::text, 'workflow'::text, 'trigger'::text, 'rule'::text, 'rule_set'::text]))
);
create table attune.rule (
  id bigserial not null,
  action bigint not null,
  action_params jsonb default '{}'::jsonb,
  action_ref text not null,
  conditions jsonb default '[]'::jsonb not null,
  created timestamp with time zone default attune.clock() not null,
  description text not null,
  enabled boolean not null,
  label text not null,
  pack bigint not null,
  pack_ref text not null,
  ref text not null,
  removed_at timestamp with time zone,
  revision text,
  trigger bigint not null,
  trigger_params jsonb default '{}'::jsonb,
  trigger_ref text not null,
  updated timestamp with time zone default attune.clock() not null,
  constraint rule_pkey PRIMARY KEY (id),
  constraint rule_ref_check CHECK (ref = lower(ref) AND ref ~ '^[^.]+\.[^.]+$'::text),
  constraint rule_ref_key UNIQUE (ref)
);
create table attune.runtime (
  id bigserial not null,
  aliases text[] default '{}'::text[] not null,
  created timestamp with time zone default attune.clock() not null,
  description text,
  distributions jsonb not null,
  execution_config jsonb default '{}'::jsonb not null,
  installation jsonb,
  name text not null,
  pack bigint,
  pack_ref text,
  ref text not null,
  runtime_type attune.runtime_type_enum not null,
  updated timestamp with time zone default attune.clock() not null,
  constraint runtime_pkey PRIMARY KEY (id),
  constraint runtime_ref_key UNIQUE (ref)
);
create table attune.sensor (
  id bigserial not null,
  config jsonb,
  created timestamp with time zone default attune.clock() not null,
  description text not null,
  enabled boolean not null,
  entrypoint text not null,
  label text not null,
  pack bigint,
  pack_ref text,
  param_schema jsonb,
  ref text not null,
  runtime bigint not null,
  runtime_ref text not null,
  trigger bigint not null,
  trigger_ref text not null,
  updated timestamp with time zone default attune.clock() not null,
  constraint sensor_pkey PRIMARY KEY (id),
  constraint sensor_ref_check CHECK (ref = lower(ref) AND ref ~ '^[^.]+\.[^.]+$'::text),
  constraint sensor_ref_key UNIQUE (ref)
);
-- Living service instances; a heartbeat older than 20 s is dead
create table attune.service (
  heartbeat_at timestamp with time zone default attune.clock() not null,
  host text not null,
  instance uuid not null,
  name text not null,
  pid integer not null,
  service text not null,
  started_at timestamp with time zone default attune.clock() not null,
  trouble text,
  url text,
  version text not null,
  constraint service_pkey PRIMARY KEY (instance),
  constraint service_service_check CHECK (service = ANY (ARRAY['api'::text, 'executor'::text, 'worker'::text, 'notifier'::text, 'supervisor'::text, 'sensor'::text]))
);
create table attune.trigger (
  id bigserial not null,
  created timestamp with time zone default attune.clock() not null,
  description text,
  enabled boolean default true not null,
  label text not null,
  out_schema jsonb,
  pack bigint,
  pack_ref text,
  param_schema jsonb,
  ref text not null,
  removed_at timestamp with time zone,
  revision text,
  updated timestamp with time zone default attune.clock() not null,
  webhook_config jsonb default '{}'::jsonb,
  webhook_enabled boolean default false not null,
  webhook_key character varying(64),
  webhook_key_encrypted text,
  webhook_key_hash text,
  webhook_secret_encrypted text,
  constraint trigger_pkey PRIMARY KEY (id),
  constraint trigger_ref_check CHECK (ref = lower(ref) AND ref ~ '^[^.]+\.[^.]+$'::text),
  constraint trigger_ref_key UNIQUE (ref),
  constraint trigger_webhook_key_hash_key UNIQUE (webhook_key_hash),
  constraint trigger_webhook_key_key UNIQUE (webhook_key)
);
create table attune.worker (
  id bigserial not null,
  capabilities jsonb,
  created timestamp with time zone default attune.clock() not null,
  host text,
  instance uuid,
  last_heartbeat timestamp with time zone,
  meta jsonb,
  name text not null,
  port integer,
  runtime bigint,
  runtimes text[] default '{}'::text[] not null,
  status attune.worker_status_enum default 'inactive'::attune.worker_status_enum,
  updated timestamp with time zone default attune.clock() not null,
  worker_type attune.worker_type_enum not null,
  constraint worker_pkey PRIMARY KEY (id)
);
create table attune.workflow_definition (
  id bigserial not null,
  created timestamp with time zone default attune.clock() not null,
  definition jsonb not null,
  description text,
  enabled boolean default true not null,
  label character varying(255) not null,
  out_schema jsonb,
  pack bigint not null,
  pack_ref character varying(255) not null,
  param_schema jsonb,
  ref character varying(255) not null,
  revision text,
  tags text[] default '{}'::text[],
  updated timestamp with time zone default attune.clock() not null,
  version character varying(50) not null,
  constraint workflow_definition_pkey PRIMARY KEY (id),
  constraint workflow_definition_ref_key UNIQUE (ref)
);
create table attune.workflow_execution (
  id bigserial not null,
  completed_tasks text[] default '{}'::text[],
  created timestamp with time zone default attune.clock() not null,
  current_tasks text[] default '{}'::text[],
  error_message text,
  execution bigint not null,
  facts jsonb,
  failed_tasks text[] default '{}'::text[],
  pause_reason text,
  paused boolean default false not null,
  paused_by bigint,
  revision text,
  skipped_tasks text[] default '{}'::text[],
  state jsonb,
  status attune.execution_status_enum default 'requested'::attune.execution_status_enum not null,
  steps integer default 0 not null,
  task_graph jsonb not null,
  updated timestamp with time zone default attune.clock() not null,
  variables jsonb default '{}'::jsonb,
  variables_step integer default 0 not null,
  workflow_def bigint not null,
  constraint workflow_execution_pkey PRIMARY KEY (id),
  constraint workflow_execution_facts_check CHECK (jsonb_typeof(facts) = 'object'::text),
  constraint workflow_execution_paused_by_check CHECK (paused_by IS NULL OR paused)
);
-- The lists that tasks with items go through, in chunks of 256 elements, the last one shorter. Append-only
create table attune.workflow_item_list (
  chunk integer not null,
  items jsonb not null,
  size integer not null,
  task_name text not null,
  visit integer not null,
  workflow_execution bigint not null,
  constraint workflow_item_list_pkey PRIMARY KEY (workflow_execution, task_name, visit, chunk),
  constraint workflow_item_list_check CHECK (jsonb_typeof(items) = 'object'::text OR jsonb_array_length(items) = size),
  constraint workflow_item_list_chunk_check CHECK (chunk >= 0),
  constraint workflow_item_list_size_check CHECK (size >= 1 AND size <= 256),
  constraint workflow_item_list_visit_check CHECK (visit > 0)
);
create table attune.workflow_step (
  created timestamp with time zone default attune.clock() not null,
  decision jsonb not null,
  execution bigint,
  step integer not null,
  workflow_execution bigint not null,
  constraint workflow_step_pkey PRIMARY KEY (workflow_execution, step),
  constraint workflow_step_step_check CHECK (step > 0)
);
-- The rows of attune.workflow_task_execution as the consolidation found them
create table attune_archive.workflow_task_execution (
  id bigint not null,
  carried boolean not null,
  completed_at timestamp with time zone,
  created timestamp with time zone not null,
  duration_ms bigint,
  error jsonb,
  execution bigint not null,
  execution_updated timestamp with time zone not null,
  max_retries integer not null,
  next_retry_at timestamp with time zone,
  result jsonb,
  retry_count integer not null,
  started_at timestamp with time zone,
  status attune.execution_status_enum not null,
  task_batch integer,
  task_index integer,
  task_name character varying(255) not null,
  timed_out boolean not null,
  timeout_seconds integer,
  updated timestamp with time zone not null,
  workflow_execution bigint not null,
  constraint workflow_task_execution_pkey PRIMARY KEY (id)
);
-- What a rollback also restores: the state of the id sequence, and the view workflow_task_detail where there was one
create table attune_archive.workflow_task_execution_origin (
  is_called boolean not null,
  last_id bigint not null,
  statements text[] not null,
  view_comment text,
  view_definition text
);

alter table attune.action add constraint action_pack_fkey FOREIGN KEY (pack) REFERENCES attune.pack(id) ON DELETE CASCADE;
alter table attune.action add constraint action_revision_fkey FOREIGN KEY (revision) REFERENCES attune.revision(hash);
alter table attune.action add constraint action_runtime_fkey FOREIGN KEY (runtime) REFERENCES attune.runtime(id);
alter table attune.action add constraint action_workflow_def_fkey FOREIGN KEY (workflow_def) REFERENCES attune.workflow_definition(id) ON DELETE CASCADE;
alter table attune.event add constraint event_source_fkey FOREIGN KEY (source) REFERENCES attune.sensor(id);
alter table attune.execution_late_report add constraint execution_late_report_execution_fkey FOREIGN KEY (execution) REFERENCES attune.execution(id) ON DELETE CASCADE;
alter table attune.execution_log add constraint execution_log_execution_fkey FOREIGN KEY (execution) REFERENCES attune.execution(id) ON DELETE CASCADE;
alter table attune.inquiry add constraint inquiry_assigned_to_fkey FOREIGN KEY (assigned_to) REFERENCES attune.identity(id) ON DELETE SET NULL;
alter table attune.inquiry add constraint inquiry_execution_fkey FOREIGN KEY (execution) REFERENCES attune.execution(id) ON DELETE CASCADE;
alter table attune.inquiry add constraint inquiry_responded_by_fkey FOREIGN KEY (responded_by) REFERENCES attune.identity(id) ON DELETE SET NULL;
alter table attune.integration_token add constraint integration_token_identity_fkey FOREIGN KEY (identity) REFERENCES attune.identity(id) ON DELETE CASCADE;
alter table attune.key add constraint key_owner_action_fkey FOREIGN KEY (owner_action) REFERENCES attune.action(id) ON DELETE CASCADE;
alter table attune.key add constraint key_owner_identity_fkey FOREIGN KEY (owner_identity) REFERENCES attune.identity(id);
alter table attune.key add constraint key_owner_pack_fkey FOREIGN KEY (owner_pack) REFERENCES attune.pack(id);
alter table attune.key add constraint key_owner_sensor_fkey FOREIGN KEY (owner_sensor) REFERENCES attune.sensor(id) ON DELETE CASCADE;
alter table attune.pack add constraint pack_revision_fkey FOREIGN KEY (revision) REFERENCES attune.revision(hash);
alter table attune.pack_action add constraint pack_action_pack_revision_fkey FOREIGN KEY (pack_revision) REFERENCES attune.revision(hash);
alter table attune.pack_action add constraint pack_action_revision_fkey FOREIGN KEY (revision) REFERENCES attune.revision(hash);
alter table attune.pack_file add constraint pack_file_pack_revision_fkey FOREIGN KEY (pack_revision) REFERENCES attune.revision(hash);
alter table attune.pack_file add constraint pack_file_sha256_fkey FOREIGN KEY (sha256) REFERENCES attune.pack_blob(sha256);
alter table attune.paused_end add constraint paused_end_execution_fkey FOREIGN KEY (execution) REFERENCES attune.execution(id) ON DELETE CASCADE;
alter table attune.paused_end add constraint paused_end_workflow_execution_fkey FOREIGN KEY (workflow_execution) REFERENCES attune.workflow_execution(id) ON DELETE CASCADE;
alter table attune.permission_assignment add constraint permission_assignment_identity_fkey FOREIGN KEY (identity) REFERENCES attune.identity(id) ON DELETE CASCADE;
alter table attune.permission_assignment add constraint permission_assignment_permset_fkey FOREIGN KEY (permset) REFERENCES attune.permission_set(id) ON DELETE CASCADE;
alter table attune.permission_set add constraint permission_set_pack_fkey FOREIGN KEY (pack) REFERENCES attune.pack(id) ON DELETE CASCADE;
alter table attune.refresh_token add constraint refresh_token_identity_fkey FOREIGN KEY (identity) REFERENCES attune.identity(id) ON DELETE CASCADE;
alter table attune.rule add constraint rule_action_fkey FOREIGN KEY (action) REFERENCES attune.action(id);
alter table attune.rule add constraint rule_pack_fkey FOREIGN KEY (pack) REFERENCES attune.pack(id) ON DELETE CASCADE;
alter table attune.rule add constraint rule_revision_fkey FOREIGN KEY (revision) REFERENCES attune.revision(hash);
alter table attune.rule add constraint rule_trigger_fkey FOREIGN KEY (trigger) REFERENCES attune.trigger(id);
alter table attune.runtime add constraint runtime_pack_fkey FOREIGN KEY (pack) REFERENCES attune.pack(id) ON DELETE CASCADE;
alter table attune.runtime add constraint runtime_ref_form CHECK (ref ~ '^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$'::text) NOT VALID;
alter table attune.sensor add constraint sensor_pack_fkey FOREIGN KEY (pack) REFERENCES attune.pack(id) ON DELETE CASCADE;
alter table attune.sensor add constraint sensor_runtime_fkey FOREIGN KEY (runtime) REFERENCES attune.runtime(id) ON DELETE CASCADE;
alter table attune.sensor add constraint sensor_trigger_fkey FOREIGN KEY (trigger) REFERENCES attune.trigger(id) ON DELETE CASCADE;
alter table attune.trigger add constraint trigger_pack_fkey FOREIGN KEY (pack) REFERENCES attune.pack(id) ON DELETE CASCADE;
alter table attune.trigger add constraint trigger_revision_fkey FOREIGN KEY (revision) REFERENCES attune.revision(hash);
alter table attune.worker add constraint worker_runtime_fkey FOREIGN KEY (runtime) REFERENCES attune.runtime(id);
alter table attune.workflow_definition add constraint workflow_definition_pack_fkey FOREIGN KEY (pack) REFERENCES attune.pack(id) ON DELETE CASCADE;
alter table attune.workflow_definition add constraint workflow_definition_revision_fkey FOREIGN KEY (revision) REFERENCES attune.revision(hash);
alter table attune.workflow_execution add constraint workflow_execution_execution_fkey FOREIGN KEY (execution) REFERENCES attune.execution(id) ON DELETE CASCADE;
alter table attune.workflow_execution add constraint workflow_execution_paused_by_fkey FOREIGN KEY (paused_by) REFERENCES attune.execution(id) ON DELETE SET NULL;
alter table attune.workflow_execution add constraint workflow_execution_revision_fkey FOREIGN KEY (revision) REFERENCES attune.revision(hash);
alter table attune.workflow_execution add constraint workflow_execution_workflow_def_fkey FOREIGN KEY (workflow_def) REFERENCES attune.workflow_definition(id);
alter table attune.workflow_item_list add constraint workflow_item_list_workflow_execution_fkey FOREIGN KEY (workflow_execution) REFERENCES attune.workflow_execution(id) ON DELETE CASCADE;
alter table attune.workflow_step add constraint workflow_step_execution_fkey FOREIGN KEY (execution) REFERENCES attune.execution(id) ON DELETE SET NULL;
alter table attune.workflow_step add constraint workflow_step_workflow_execution_fkey FOREIGN KEY (workflow_execution) REFERENCES attune.workflow_execution(id) ON DELETE CASCADE;

-- list: audit events of one type, newest first
CREATE INDEX audit_event_type_idx ON attune.audit_event USING btree (event_type, id);
-- enact: enforcements that have no execution yet
CREATE INDEX enforcement_created_idx ON attune.enforcement USING btree (id) WHERE ((status = 'created'::attune.enforcement_status_enum) AND (revision IS NOT NULL));
-- explain: the enforcements of an event
CREATE INDEX enforcement_event_idx ON attune.enforcement USING btree (event);
-- one enforcement per rule and event; also: the enforcements of a rule
CREATE UNIQUE INDEX enforcement_rule_event_key ON attune.enforcement USING btree (rule, event) WHERE (revision IS NOT NULL);
-- match: events whose rules were not matched yet, oldest first
CREATE INDEX event_unmatched_idx ON attune.event USING btree (id) WHERE (matched_at IS NULL);
-- list: executions of an action, newest first
CREATE INDEX execution_action_ref_idx ON attune.execution USING btree (action_ref, id);
-- expire: workflow runs past their time limit
CREATE INDEX execution_deadline_idx ON attune.execution USING btree (started_at) WHERE ((status = 'running'::attune.execution_status_enum) AND (workflow_def IS NOT NULL) AND (timeout_seconds IS NOT NULL));
-- one execution per enforcement
CREATE UNIQUE INDEX execution_enforcement_key ON attune.execution USING btree (enforcement) WHERE ((enforcement IS NOT NULL) AND (revision IS NOT NULL) AND (parent IS NULL) AND (original_execution IS NULL));
-- sweep: what is held although nothing is paused
CREATE INDEX execution_held_idx ON attune.execution USING btree (id) WHERE held;
-- rescue: leases that ran out; renew: the leases of a worker
CREATE INDEX execution_lease_idx ON attune.execution USING btree (lease_until) WHERE (lease_until IS NOT NULL);
-- attempts: the later attempts of an execution
CREATE INDEX execution_original_idx ON attune.execution USING btree (original_execution) WHERE (original_execution IS NOT NULL);
-- tree: the children of an execution; cancel, pause, advance: those that have not ended
CREATE INDEX execution_parent_idx ON attune.execution USING btree (parent, status) WHERE (parent IS NOT NULL);
-- claim: due executions of a runtime, earliest first; next due time; metrics: what waits
CREATE INDEX execution_ready_idx ON attune.execution USING btree (runtime, run_after, id) WHERE ((status = 'scheduled'::attune.execution_status_enum) AND (revision IS NOT NULL));
-- admit: executions that wait for admission; next due time
CREATE INDEX execution_requested_idx ON attune.execution USING btree (id) WHERE ((status = ANY (ARRAY['requested'::attune.execution_status_enum, 'scheduling'::attune.execution_status_enum])) AND (revision IS NOT NULL) AND (NOT held));
-- list: the re-runs of an execution
CREATE INDEX execution_rerun_of_idx ON attune.execution USING btree (rerun_of) WHERE (rerun_of IS NOT NULL);
-- list: executions by status, newest first; those completed are found by going through all, of which they are most
CREATE INDEX execution_status_idx ON attune.execution USING btree (status, id) WHERE (status <> 'completed'::attune.execution_status_enum);
-- tasks pending retry
CREATE INDEX execution_workflow_retry_idx ON attune.execution USING btree (((workflow_task ->> 'next_retry_at'::text))) WHERE ((workflow_task IS NOT NULL) AND ((workflow_task ->> 'next_retry_at'::text) IS NOT NULL) AND (((workflow_task ->> 'retry_count'::text))::integer < ((workflow_task ->> 'max_retries'::text))::integer));
-- tasks of a workflow execution, and of those the ones of a name; one row per task, item, visit and attempt
CREATE UNIQUE INDEX execution_workflow_task_idx ON attune.execution USING btree (((workflow_task ->> 'workflow_execution'::text)), ((workflow_task ->> 'task_name'::text)), COALESCE((workflow_task ->> 'task_index'::text), ''::text), COALESCE((workflow_task ->> 'visit'::text), ''::text), ((workflow_task ->> 'attempt'::text))) WHERE (workflow_task IS NOT NULL);
-- tasks that were stopped at their time limit
CREATE INDEX execution_workflow_timed_out_idx ON attune.execution USING btree (id) WHERE ((workflow_task IS NOT NULL) AND ((workflow_task ->> 'timed_out'::text))::boolean);
-- prune: keys older than 24 h
CREATE INDEX idempotency_created_idx ON attune.idempotency USING btree (created);
-- expire: pending inquiries past their deadline; next deadline
CREATE INDEX inquiry_deadline_idx ON attune.inquiry USING btree (timeout_at) WHERE ((status = 'pending'::attune.inquiry_status_enum) AND (timeout_at IS NOT NULL));
-- the question that an execution waits with; list: inquiries of an execution
CREATE INDEX inquiry_execution_idx ON attune.inquiry USING btree (execution);
-- list: what waits for an answer, newest first
CREATE INDEX inquiry_pending_idx ON attune.inquiry USING btree (id) WHERE (status = 'pending'::attune.inquiry_status_enum);
-- prune: windows that have ended
CREATE INDEX login_throttle_window_idx ON attune.login_throttle USING btree (window_ends);
-- resume, cancel: the ends that a run has not been told of
CREATE INDEX paused_end_run_idx ON attune.paused_end USING btree (workflow_execution);
-- refresh: revoke the family of a token used twice
CREATE INDEX refresh_token_family_idx ON attune.refresh_token USING btree (family);
-- match: the enabled rules of an event's trigger
CREATE INDEX rule_trigger_ref_idx ON attune.rule USING btree (trigger_ref) WHERE (enabled AND (removed_at IS NULL));
-- list, tree: the run of an execution and whether it is paused, rows of older systems included
CREATE INDEX workflow_execution_execution_idx ON attune.workflow_execution USING btree (execution);
-- one workflow run per execution; advance: the run of an execution
CREATE UNIQUE INDEX workflow_execution_run_key ON attune.workflow_execution USING btree (execution) WHERE (revision IS NOT NULL);

-- for the plans of execution_workflow_task_idx and execution_workflow_retry_idx
CREATE STATISTICS attune.execution_workflow_stats (ndistinct) ON (workflow_task ->> 'workflow_execution'::text), (workflow_task ->> 'task_name'::text), (workflow_task ->> 'next_retry_at'::text) FROM attune.execution;

-- Contract: the tasks of workflows with typed columns. Columns are added at most; none is renamed, retyped or taken away
create view attune.workflow_task as
 SELECT e.id,
    e.action,
    e.action_ref,
    e.parent,
    e.status,
    e.result,
    w.id AS workflow_execution,
    e.workflow_task ->> 'task_name'::text AS task_name,
    (e.workflow_task ->> 'task_index'::text)::integer AS task_index,
    (e.workflow_task ->> 'task_batch'::text)::integer AS task_batch,
    (e.workflow_task ->> 'retry_count'::text)::integer AS retry_count,
    (e.workflow_task ->> 'max_retries'::text)::integer AS max_retries,
    (e.workflow_task ->> 'next_retry_at'::text)::timestamp with time zone AS next_retry_at,
    (e.workflow_task ->> 'timeout_seconds'::text)::integer AS timeout_seconds,
    (e.workflow_task ->> 'timed_out'::text)::boolean AS timed_out,
    (e.workflow_task ->> 'duration_ms'::text)::bigint AS duration_ms,
    (e.workflow_task ->> 'started_at'::text)::timestamp with time zone AS started_at,
    (e.workflow_task ->> 'completed_at'::text)::timestamp with time zone AS completed_at,
    (e.workflow_task ->> 'visit'::text)::integer AS visit,
    (e.workflow_task ->> 'attempt'::text)::integer AS attempt,
    e.created,
    e.updated,
    (e.workflow_task ->> 'reused_from'::text)::bigint AS reused_from,
    e.workflow_task ->> 'not_reused'::text AS not_reused
   FROM attune.execution e
     JOIN attune.workflow_execution w ON w.id::text = (e.workflow_task ->> 'workflow_execution'::text)
  WHERE e.workflow_task IS NOT NULL;
-- Task executions with their run and its workflow
create view attune.workflow_task_detail as
 SELECT e.id,
    w.id AS workflow_execution,
    w.execution AS workflow_execution_id,
    d.ref AS workflow_ref,
    ((e.workflow_task ->> 'task_name'::text))::character varying(255) AS task_name,
    (e.workflow_task ->> 'task_index'::text)::integer AS task_index,
    (e.workflow_task ->> 'task_batch'::text)::integer AS task_batch,
    e.status,
    (e.workflow_task ->> 'retry_count'::text)::integer AS retry_count,
    (e.workflow_task ->> 'max_retries'::text)::integer AS max_retries,
    (e.workflow_task ->> 'timed_out'::text)::boolean AS timed_out,
    (e.workflow_task ->> 'duration_ms'::text)::bigint AS duration_ms,
    (e.workflow_task ->> 'started_at'::text)::timestamp with time zone AS started_at,
    (e.workflow_task ->> 'completed_at'::text)::timestamp with time zone AS completed_at,
    e.created,
    e.updated
   FROM attune.execution e
     JOIN attune.workflow_execution w ON w.id::text = (e.workflow_task ->> 'workflow_execution'::text)
     JOIN attune.workflow_definition d ON d.id = w.workflow_def
  WHERE e.workflow_task IS NOT NULL;

CREATE TRIGGER action_registry AFTER INSERT OR DELETE OR UPDATE ON attune.action FOR EACH STATEMENT EXECUTE FUNCTION attune.registry_changed();
CREATE TRIGGER execution_action_kept AFTER DELETE ON attune.action REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'action', 'id', 'refuse');
CREATE TRIGGER execution_enforcement_kept AFTER DELETE ON attune.enforcement REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'enforcement', 'id', 'refuse');
CREATE TRIGGER enforcement_event_kept AFTER DELETE ON attune.event REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('enforcement', 'event', 'id', 'forget');
CREATE TRIGGER execution_cause_kept AFTER DELETE ON attune.event REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'cause', 'id', 'forget');
CREATE TRIGGER event_cause_kept AFTER DELETE ON attune.execution REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('event', 'cause', 'id', 'forget');
CREATE TRIGGER execution_original_execution_kept AFTER DELETE ON attune.execution REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'original_execution', 'id', 'forget');
CREATE TRIGGER execution_parent_kept AFTER DELETE ON attune.execution REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'parent', 'id', 'refuse');
CREATE TRIGGER execution_rerun_of_kept AFTER DELETE ON attune.execution REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'rerun_of', 'id', 'forget');
CREATE TRIGGER execution_workflow_task_check AFTER INSERT OR UPDATE OF workflow_task ON attune.execution FOR EACH ROW WHEN (new.workflow_task IS NOT NULL) EXECUTE FUNCTION attune.check_workflow_task();
CREATE TRIGGER execution_executor_kept AFTER DELETE ON attune.identity REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'executor', 'id', 'forget');
CREATE TRIGGER pack_registry AFTER INSERT OR DELETE OR UPDATE ON attune.pack FOR EACH STATEMENT EXECUTE FUNCTION attune.registry_changed();
CREATE TRIGGER enforcement_revision_kept AFTER DELETE ON attune.revision REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('enforcement', 'revision', 'hash', 'refuse');
CREATE TRIGGER event_rule_set_kept AFTER DELETE ON attune.revision REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('event', 'rule_set', 'hash', 'refuse');
CREATE TRIGGER execution_pack_revision_kept AFTER DELETE ON attune.revision REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'pack_revision', 'hash', 'refuse');
CREATE TRIGGER execution_revision_kept AFTER DELETE ON attune.revision REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'revision', 'hash', 'refuse');
CREATE TRIGGER enforcement_rule_kept AFTER DELETE ON attune.rule REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('enforcement', 'rule', 'id', 'forget');
CREATE TRIGGER event_rule_kept AFTER DELETE ON attune.rule REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('event', 'rule', 'id', 'forget');
CREATE TRIGGER event_trigger_kept AFTER DELETE ON attune.trigger REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('event', 'trigger', 'id', 'forget');
CREATE TRIGGER execution_worker_kept AFTER DELETE ON attune.worker REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'worker', 'id', 'forget');
CREATE TRIGGER execution_workflow_def_kept AFTER DELETE ON attune.workflow_definition REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.keep_references('execution', 'workflow_def', 'id', 'forget');
CREATE TRIGGER workflow_execution_delete_tasks AFTER DELETE ON attune.workflow_execution REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION attune.delete_task_executions();
