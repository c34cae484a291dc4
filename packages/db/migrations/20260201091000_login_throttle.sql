-- Guessing a password must cost more than asking for it. Attempts are counted before the password is looked at, in the database,
-- so that neither many requests at once nor many API processes get around the limit.

create table attune.login_throttle (
  subject text primary key,
  attempts integer not null check (attempts > 0),
  window_ends timestamptz not null
);
comment on table attune.login_throttle is 'Login attempts of a login, an address or both within the present window';
comment on column attune.login_throttle.subject is 'What is counted, as the SHA-256 of its kind and value';
create index login_throttle_window_idx on attune.login_throttle (window_ends);
comment on index attune.login_throttle_window_idx is 'prune: windows that have ended';

-- The audit trail is read newest first, often for one kind of event.
create index audit_event_type_idx on attune.audit_event (event_type, id);
comment on index attune.audit_event_type_idx is 'list: audit events of one type, newest first';
