-- Keys hold any JSON, packs keep apart what their files and what an administrator says, and a run remembers the configuration and the
-- keys it began with, so that deciding it again gives the same decisions.

-- The founding column is text, and rows of older systems hold a text as it is.
alter table attune.key add column value_format text not null default 'text' check (value_format in ('text', 'json'));
comment on column attune.key.value_format is
  'text: value is a string as it is (rows of older systems); json: it is JSON. Of an encrypted key: what the envelope holds';
comment on column attune.key.value is 'The value, or, where encrypted, an envelope: AES-256-GCM under the key that encryption_key_hash names';

alter table attune.pack add column config_defaults jsonb not null default '{}' check (jsonb_typeof(config_defaults) = 'object');
comment on column attune.pack.config_defaults is 'What the registered files give as configuration; stands below config';
comment on column attune.pack.config is 'What an administrator configured; values that conf_schema calls secret are sealed';

alter table attune.workflow_execution add column facts jsonb check (jsonb_typeof(facts) = 'object');
comment on column attune.workflow_execution.facts is
  'What the expressions of the run read beside its variables, as it was when it began: configuration, keys (sealed), and what is known to be secret';

-- A key that is made twice by one request is made once.
alter table attune.idempotency drop constraint idempotency_entity_type_check;
alter table attune.idempotency add constraint idempotency_entity_type_check
  check (entity_type in ('event', 'execution', 'key'));
