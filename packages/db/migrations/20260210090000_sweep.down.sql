drop index attune.execution_held_idx;
alter table attune.service drop column trouble;
