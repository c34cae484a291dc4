-- The founding layout: the 18 tables of the system whose data Attune takes over, as its own migrations left them before task
-- executions were folded into executions. A database of that system and an empty one take the same road from here on.

create schema if not exists attune;

create type attune.runtime_type_enum as enum ('action', 'sensor');
create type attune.worker_type_enum as enum ('local', 'remote', 'container');
create type attune.worker_status_enum as enum ('active', 'inactive', 'busy', 'error');
create type attune.owner_type_enum as enum ('system', 'identity', 'pack', 'action', 'sensor');
create type attune.enforcement_status_enum as enum ('created', 'processed', 'disabled');
create type attune.enforcement_condition_enum as enum ('any', 'all');
create type attune.inquiry_status_enum as enum ('pending', 'responded', 'timeout', 'cancelled');
create type attune.execution_status_enum as enum (
  'requested', 'scheduling', 'scheduled', 'running', 'completed', 'failed', 'canceling', 'cancelled', 'timeout', 'abandoned'
);

-- Packs and where their code runs ------------------------------------------------------------------------------------------

create table attune.pack (
  id bigserial primary key,
  ref text not null unique check (ref ~ '^[a-z][a-z0-9_-]+$'),
  label text not null,
  description text,
  version text not null check (version ~ '^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$'),
  conf_schema jsonb not null default '{}',
  config jsonb not null default '{}',
  meta jsonb not null default '{}',
  tags text[] not null default '{}',
  runtime_deps text[] not null default '{}',
  is_standard boolean not null default false,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.runtime (
  id bigserial primary key,
  ref text not null unique check (ref = lower(ref) and ref ~ '^[^.]+\.(action|sensor)\.[^.]+$'),
  pack bigint references attune.pack (id) on delete cascade,
  pack_ref text,
  description text,
  runtime_type attune.runtime_type_enum not null,
  name text not null,
  distributions jsonb not null,
  installation jsonb,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.worker (
  id bigserial primary key,
  name text not null,
  worker_type attune.worker_type_enum not null,
  runtime bigint references attune.runtime (id),
  host text,
  port integer,
  status attune.worker_status_enum default 'inactive',
  capabilities jsonb,
  meta jsonb,
  last_heartbeat timestamptz,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

-- Who may do what ----------------------------------------------------------------------------------------------------------

create table attune.identity (
  id bigserial primary key,
  login text not null unique,
  display_name text,
  password_hash text,
  attributes jsonb not null default '{}',
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.permission_set (
  id bigserial primary key,
  ref text not null unique check (ref = lower(ref) and ref ~ '^[^.]+\.[^.]+$'),
  pack bigint references attune.pack (id) on delete cascade,
  pack_ref text,
  label text,
  description text,
  grants jsonb not null default '[]',
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.permission_assignment (
  id bigserial primary key,
  identity bigint not null references attune.identity (id) on delete cascade,
  permset bigint not null references attune.permission_set (id) on delete cascade,
  created timestamptz not null default now(),
  unique (identity, permset)
);

-- What may happen ----------------------------------------------------------------------------------------------------------

create table attune.trigger (
  id bigserial primary key,
  ref text not null unique check (ref = lower(ref) and ref ~ '^[^.]+\.[^.]+$'),
  pack bigint references attune.pack (id) on delete cascade,
  pack_ref text,
  label text not null,
  description text,
  enabled boolean not null default true,
  param_schema jsonb,
  out_schema jsonb,
  created timestamptz not null default now(),
  updated timestamptz not null default now(),
  webhook_enabled boolean not null default false,
  webhook_key varchar(64) unique,
  webhook_config jsonb default '{}'
);

create table attune.sensor (
  id bigserial primary key,
  ref text not null unique check (ref = lower(ref) and ref ~ '^[^.]+\.[^.]+$'),
  pack bigint references attune.pack (id) on delete cascade,
  pack_ref text,
  label text not null,
  description text not null,
  entrypoint text not null,
  runtime bigint not null references attune.runtime (id) on delete cascade,
  runtime_ref text not null,
  trigger bigint not null references attune.trigger (id) on delete cascade,
  trigger_ref text not null,
  enabled boolean not null,
  param_schema jsonb,
  config jsonb,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

-- What is done about it ------------------------------------------------------------------------------------------------------

create table attune.workflow_definition (
  id bigserial primary key,
  ref varchar(255) not null unique,
  pack bigint not null references attune.pack (id) on delete cascade,
  pack_ref varchar(255) not null,
  label varchar(255) not null,
  description text,
  version varchar(50) not null,
  param_schema jsonb,
  out_schema jsonb,
  definition jsonb not null,
  tags text[] default '{}',
  enabled boolean not null default true,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.action (
  id bigserial primary key,
  ref text not null unique check (ref = lower(ref) and ref ~ '^[^.]+\.[^.]+$'),
  pack bigint not null references attune.pack (id) on delete cascade,
  pack_ref text not null,
  label text not null,
  description text not null,
  entrypoint text not null,
  runtime bigint references attune.runtime (id),
  param_schema jsonb,
  out_schema jsonb,
  created timestamptz not null default now(),
  updated timestamptz not null default now(),
  is_workflow boolean not null default false,
  workflow_def bigint references attune.workflow_definition (id) on delete cascade
);

create table attune.rule (
  id bigserial primary key,
  ref text not null unique check (ref = lower(ref) and ref ~ '^[^.]+\.[^.]+$'),
  pack bigint not null references attune.pack (id) on delete cascade,
  pack_ref text not null,
  label text not null,
  description text not null,
  action bigint not null references attune.action (id),
  action_ref text not null,
  trigger bigint not null references attune.trigger (id),
  trigger_ref text not null,
  conditions jsonb not null default '[]',
  action_params jsonb default '{}',
  trigger_params jsonb default '{}',
  enabled boolean not null,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.key (
  id bigserial primary key,
  ref text not null unique check (ref = lower(ref) and ref ~ '^[^.]+(\.[^.]+)*$'),
  owner_type attune.owner_type_enum not null,
  owner text,
  owner_identity bigint references attune.identity (id),
  owner_pack bigint references attune.pack (id),
  owner_pack_ref text,
  owner_action bigint references attune.action (id) on delete cascade,
  owner_action_ref text,
  owner_sensor bigint references attune.sensor (id) on delete cascade,
  owner_sensor_ref text,
  name text not null,
  encrypted boolean not null,
  encryption_key_hash text,
  value text not null,
  created timestamptz not null default now(),
  updated timestamptz not null default now(),
  unique (owner_type, owner, name)
);

-- What happened ------------------------------------------------------------------------------------------------------------

create table attune.event (
  id bigserial primary key,
  trigger bigint references attune.trigger (id) on delete set null,
  trigger_ref text not null,
  config jsonb,
  payload jsonb,
  source bigint references attune.sensor (id),
  source_ref text,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.enforcement (
  id bigserial primary key,
  rule bigint references attune.rule (id) on delete set null,
  rule_ref text not null,
  trigger_ref text not null,
  config jsonb,
  event bigint references attune.event (id) on delete set null,
  status attune.enforcement_status_enum not null default 'created',
  payload jsonb not null,
  condition attune.enforcement_condition_enum not null default 'all',
  conditions jsonb not null default '[]',
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.execution (
  id bigserial primary key,
  action bigint references attune.action (id),
  action_ref text not null,
  config jsonb,
  parent bigint references attune.execution (id),
  enforcement bigint references attune.enforcement (id),
  executor bigint references attune.identity (id) on delete set null,
  status attune.execution_status_enum not null default 'requested',
  result jsonb,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.inquiry (
  id bigserial primary key,
  execution bigint not null references attune.execution (id) on delete cascade,
  prompt text not null,
  response_schema jsonb,
  assigned_to bigint references attune.identity (id) on delete set null,
  status attune.inquiry_status_enum not null default 'pending',
  response jsonb,
  timeout_at timestamptz,
  responded_at timestamptz,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.workflow_execution (
  id bigserial primary key,
  execution bigint not null references attune.execution (id) on delete cascade,
  workflow_def bigint not null references attune.workflow_definition (id),
  current_tasks text[] default '{}',
  completed_tasks text[] default '{}',
  failed_tasks text[] default '{}',
  skipped_tasks text[] default '{}',
  variables jsonb default '{}',
  task_graph jsonb not null,
  status attune.execution_status_enum not null default 'requested',
  error_message text,
  paused boolean not null default false,
  pause_reason text,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

create table attune.workflow_task_execution (
  id bigserial primary key,
  workflow_execution bigint not null references attune.workflow_execution (id) on delete cascade,
  execution bigint not null references attune.execution (id) on delete cascade,
  task_name varchar(255) not null,
  task_index integer,
  task_batch integer,
  status attune.execution_status_enum not null default 'requested',
  started_at timestamptz,
  completed_at timestamptz,
  duration_ms bigint,
  result jsonb,
  error jsonb,
  retry_count integer not null default 0,
  max_retries integer not null default 0,
  next_retry_at timestamptz,
  timeout_seconds integer,
  timed_out boolean not null default false,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);
create index workflow_task_execution_workflow_execution_idx on attune.workflow_task_execution (workflow_execution);
create index workflow_task_execution_execution_idx on attune.workflow_task_execution (execution);
create index workflow_task_execution_status_idx on attune.workflow_task_execution (status);
create index workflow_task_execution_task_name_idx on attune.workflow_task_execution (task_name);
create index workflow_task_execution_retry_count_idx on attune.workflow_task_execution (retry_count) where retry_count > 0;
create index workflow_task_execution_timed_out_idx on attune.workflow_task_execution (timed_out) where timed_out;
