-- What the supervisor's sweeps need. A service says with its heartbeat what it could not do, so that health can tell. What is held by
-- a pause is found without reading the whole table: what is held although nothing is paused would never be released.

alter table attune.service add column trouble text;
comment on column attune.service.trouble is 'What the service could not do when it sent its last heartbeat; null where all is well';

create index execution_held_idx on attune.execution (id) where held;
comment on index attune.execution_held_idx is 'sweep: what is held although nothing is paused';
