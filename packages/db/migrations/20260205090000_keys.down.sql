delete from attune.idempotency where entity_type = 'key';
alter table attune.idempotency drop constraint idempotency_entity_type_check;
alter table attune.idempotency add constraint idempotency_entity_type_check check (entity_type in ('event', 'execution'));
alter table attune.workflow_execution drop column facts;
comment on column attune.pack.config is null;
-- what an administrator did not set would be gone with the column
update attune.pack set config = config_defaults || config where config_defaults <> '{}';
alter table attune.pack drop column config_defaults;
comment on column attune.key.value is null;
alter table attune.key drop column value_format;
