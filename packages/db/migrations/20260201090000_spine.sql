-- What the engine needs beyond the founding layout: immutable revisions, leases with fencing, hand-over marks that make each
-- stage idempotent, the record of a workflow's decisions, packs as rows so that every host reads the same files, logs in
-- bounded chunks, tokens and the audit trail. Rows of older systems stay as they are: every unique rule below holds only for rows
-- that carry a revision, which older rows do not.

-- Revisions -----------------------------------------------------------------------------------------------------------------

create table attune.revision (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  kind text not null check (kind in ('pack', 'action', 'workflow', 'trigger', 'rule', 'rule_set')),
  ref text not null,
  definition jsonb not null,
  created timestamptz not null default now()
);
comment on table attune.revision is 'Immutable definitions by the SHA-256 of their canonical JSON; never updated';

-- The files of a pack revision. Content is stored once per digest, whatever packs hold it.
create table attune.pack_blob (
  sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  content bytea not null
);
create table attune.pack_file (
  pack_revision text not null references attune.revision (hash),
  path text not null,
  mode integer not null check (mode in (420, 493)), -- 0644, 0755
  sha256 text not null references attune.pack_blob (sha256),
  primary key (pack_revision, path)
);

alter table attune.pack
  add column revision text references attune.revision (hash),
  add column source_path text;
alter table attune.action
  add column revision text references attune.revision (hash),
  add column runtime_ref text,
  add column definition jsonb,
  add column removed_at timestamptz;
alter table attune.trigger
  add column revision text references attune.revision (hash),
  add column webhook_key_hash text unique,
  add column webhook_key_encrypted text,
  add column webhook_secret_encrypted text,
  add column removed_at timestamptz;
alter table attune.rule
  add column revision text references attune.revision (hash),
  add column removed_at timestamptz;
alter table attune.workflow_definition
  add column revision text references attune.revision (hash);

-- The original demanded `pack.action.name`; a runtime serves actions and sensors alike.
alter table attune.runtime drop constraint runtime_ref_check;
alter table attune.runtime add constraint runtime_ref_form check (ref ~ '^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$') not valid;
alter table attune.runtime
  add column aliases text[] not null default '{}',
  add column execution_config jsonb not null default '{}';

create index rule_trigger_ref_idx on attune.rule (trigger_ref) where enabled and removed_at is null;
comment on index attune.rule_trigger_ref_idx is 'match: the enabled rules of an event''s trigger';

-- Events and enforcements -----------------------------------------------------------------------------------------------------

-- The default makes every event of an older system count as matched, without rewriting the table.
alter table attune.event
  add column matched_at timestamptz default now(),
  add column headers jsonb,
  add column rule bigint references attune.rule (id) on delete set null,
  add column cause bigint references attune.execution (id) on delete set null,
  add column rule_set text references attune.revision (hash),
  add column match_error jsonb;
alter table attune.event alter column matched_at drop default;
create index event_unmatched_idx on attune.event (id) where matched_at is null;
comment on index attune.event_unmatched_idx is 'match: events whose rules were not matched yet, oldest first';

alter type attune.enforcement_status_enum add value if not exists 'failed';
alter table attune.enforcement
  add column revision text references attune.revision (hash),
  add column resolved_at timestamptz,
  add column error jsonb;
create unique index enforcement_rule_event_key on attune.enforcement (rule, event) where revision is not null;
comment on index attune.enforcement_rule_event_key is 'one enforcement per rule and event; also: the enforcements of a rule';
create index enforcement_created_idx on attune.enforcement (id) where status = 'created' and revision is not null;
comment on index attune.enforcement_created_idx is 'enact: enforcements that have no execution yet';
create index enforcement_event_idx on attune.enforcement (event);
comment on index attune.enforcement_event_idx is 'explain: the enforcements of an event';

-- Executions --------------------------------------------------------------------------------------------------------------

alter table attune.execution
  add column workflow_def bigint references attune.workflow_definition (id) on delete set null,
  add column runtime text,
  add column revision text references attune.revision (hash),
  add column pack_revision text references attune.revision (hash),
  add column input_hash text,
  add column result_hash text,
  add column run_after timestamptz,
  add column timeout_seconds integer check (timeout_seconds > 0),
  add column original_execution bigint references attune.execution (id) on delete set null,
  add column retry_count integer not null default 0,
  add column worker bigint references attune.worker (id) on delete set null,
  add column lease_token uuid,
  add column lease_until timestamptz,
  add column started_at timestamptz,
  add column completed_at timestamptz,
  add column cause bigint references attune.event (id) on delete set null;

create unique index execution_enforcement_key on attune.execution (enforcement)
  where revision is not null and parent is null and original_execution is null;
comment on index attune.execution_enforcement_key is 'one execution per enforcement';
create index execution_ready_idx on attune.execution (run_after, id) where status = 'scheduled' and revision is not null;
comment on index attune.execution_ready_idx is 'claim: due executions, earliest first; next due time';
create index execution_requested_idx on attune.execution (id) where status in ('requested', 'scheduling') and revision is not null;
comment on index attune.execution_requested_idx is 'admit: executions that wait for admission';
create index execution_lease_idx on attune.execution (lease_until) where lease_until is not null;
comment on index attune.execution_lease_idx is 'rescue: leases that ran out; renew: the leases of a worker';
create index execution_deadline_idx on attune.execution (started_at)
  where status = 'running' and workflow_def is not null and timeout_seconds is not null;
comment on index attune.execution_deadline_idx is 'expire: workflow runs past their time limit';
create index execution_parent_idx on attune.execution (parent) where parent is not null;
comment on index attune.execution_parent_idx is 'tree, cancel: the children of an execution';
create index execution_original_idx on attune.execution (original_execution) where original_execution is not null;
comment on index attune.execution_original_idx is 'attempts: the later attempts of an execution';
create index execution_status_idx on attune.execution (status, id);
comment on index attune.execution_status_idx is 'list: executions by status, newest first';
create index execution_action_ref_idx on attune.execution (action_ref, id);
comment on index attune.execution_action_ref_idx is 'list: executions of an action, newest first';

alter table attune.workflow_execution
  add column revision text references attune.revision (hash),
  add column state jsonb,
  add column steps integer not null default 0;
create unique index workflow_execution_run_key on attune.workflow_execution (execution) where revision is not null;
comment on index attune.workflow_execution_run_key is 'one workflow run per execution; advance: the run of an execution';

-- What a workflow decided, in order: enough to explain and replay it. Append-only.
create table attune.workflow_step (
  workflow_execution bigint not null references attune.workflow_execution (id) on delete cascade,
  step integer not null check (step > 0),
  execution bigint references attune.execution (id) on delete set null,
  decision jsonb not null,
  created timestamptz not null default now(),
  primary key (workflow_execution, step)
);

-- Output of an attempt, in chunks of at most 64 KiB; at most 10 MB a stream.
create table attune.execution_log (
  execution bigint not null references attune.execution (id) on delete cascade,
  stream text not null check (stream in ('stdout', 'stderr')),
  byte_offset bigint not null check (byte_offset >= 0),
  content bytea not null,
  created timestamptz not null default now(),
  primary key (execution, stream, byte_offset)
);

-- A report that came too late or for an attempt that is no longer the owner's: refused, and kept as such.
create table attune.execution_late_report (
  id bigserial primary key,
  execution bigint not null references attune.execution (id) on delete cascade,
  lease_token uuid not null,
  outcome jsonb not null,
  created timestamptz not null default now()
);

-- Processes ---------------------------------------------------------------------------------------------------------------

create table attune.service (
  instance uuid primary key,
  service text not null check (service in ('api', 'executor', 'worker', 'notifier', 'supervisor', 'sensor')),
  name text not null,
  host text not null,
  pid integer not null,
  version text not null,
  url text,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now()
);
comment on table attune.service is 'Living service instances; a heartbeat older than 20 s is dead';

alter table attune.worker
  add column instance uuid,
  add column runtimes text[] not null default '{}';

-- Ingress -----------------------------------------------------------------------------------------------------------------

create table attune.idempotency (
  scope text not null,
  key text not null,
  request_hash text not null,
  entity_type text not null check (entity_type in ('event', 'execution')),
  entity bigint not null,
  created timestamptz not null default now(),
  primary key (scope, key)
);
create index idempotency_created_idx on attune.idempotency (created);
comment on index attune.idempotency_created_idx is 'prune: keys older than 24 h';

-- Tokens and audit ----------------------------------------------------------------------------------------------------------

create table attune.refresh_token (
  token_hash text primary key,
  family uuid not null,
  identity bigint not null references attune.identity (id) on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz,
  created timestamptz not null default now()
);
create index refresh_token_family_idx on attune.refresh_token (family);
comment on index attune.refresh_token_family_idx is 'refresh: revoke the family of a token used twice';

create table attune.integration_token (
  id bigserial primary key,
  identity bigint not null references attune.identity (id) on delete cascade,
  label text not null check (label <> ''),
  token_hash text not null unique,
  token_prefix text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  created timestamptz not null default now()
);

create table attune.audit_event (
  id bigserial primary key,
  category text not null,
  event_type text not null,
  outcome text not null check (outcome in ('success', 'failure', 'denied')),
  actor_identity bigint,
  actor_login text,
  resource_type text,
  resource_ref text,
  request_id text,
  details jsonb,
  created timestamptz not null default now()
);
