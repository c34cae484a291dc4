-- Takes the engine's own tables and columns away, with what they hold: revisions, leases, logs, decisions, tokens, the audit trail.
-- What the founding layout can hold stays.

drop table
  attune.audit_event,
  attune.integration_token,
  attune.refresh_token,
  attune.idempotency,
  attune.service,
  attune.execution_late_report,
  attune.execution_log,
  attune.workflow_step;

alter table attune.worker
  drop column runtimes,
  drop column instance;

-- Indexes go with their columns; the others are named.
drop index attune.execution_action_ref_idx, attune.execution_status_idx, attune.execution_parent_idx;
alter table attune.workflow_execution
  drop column steps,
  drop column state,
  drop column revision;
alter table attune.execution
  drop column cause,
  drop column completed_at,
  drop column started_at,
  drop column lease_until,
  drop column lease_token,
  drop column worker,
  drop column retry_count,
  drop column original_execution,
  drop column timeout_seconds,
  drop column run_after,
  drop column result_hash,
  drop column input_hash,
  drop column pack_revision,
  drop column revision,
  drop column runtime,
  drop column workflow_def;

drop index attune.enforcement_event_idx;
alter table attune.enforcement
  drop column error,
  drop column resolved_at,
  drop column revision;
-- A value cannot be taken out of an enum: the type is made anew. An enforcement that could not be made is nearest to a disabled one.
alter type attune.enforcement_status_enum rename to enforcement_status_enum_with_failed;
create type attune.enforcement_status_enum as enum ('created', 'processed', 'disabled');
alter table attune.enforcement
  alter column status drop default,
  alter column status type attune.enforcement_status_enum
    using (case when status = 'failed' then 'disabled' else status::text end)::attune.enforcement_status_enum,
  alter column status set default 'created';
drop type attune.enforcement_status_enum_with_failed;

alter table attune.event
  drop column match_error,
  drop column rule_set,
  drop column cause,
  drop column rule,
  drop column headers,
  drop column matched_at;

alter table attune.runtime
  drop column execution_config,
  drop column aliases;
alter table attune.runtime drop constraint runtime_ref_form;
-- Runtimes of the new form stay, unchecked, instead of stopping the way back.
alter table attune.runtime
  add constraint runtime_ref_check check (ref = lower(ref) and ref ~ '^[^.]+\.(action|sensor)\.[^.]+$') not valid;
do $$
begin
  alter table attune.runtime validate constraint runtime_ref_check;
exception when check_violation then
  null;
end
$$;

alter table attune.workflow_definition drop column revision;
alter table attune.rule
  drop column removed_at,
  drop column revision;
alter table attune.trigger
  drop column removed_at,
  drop column webhook_secret_encrypted,
  drop column webhook_key_encrypted,
  drop column webhook_key_hash,
  drop column revision;
alter table attune.action
  drop column removed_at,
  drop column definition,
  drop column runtime_ref,
  drop column revision;
alter table attune.pack
  drop column source_path,
  drop column revision;

drop table attune.pack_file, attune.pack_blob, attune.revision;
