drop index attune.audit_event_type_idx;
drop table attune.login_throttle;
