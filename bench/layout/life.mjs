// The life of a task as statements: made, started, finished; each step is one statement, which is the old layout's best. Both
// layouts keep equal facts: a task's status and times stand in two rows of the old one, and once in the new.

const config = '{"parameters": {"to": "ops", "n": 7}}';
const result = '{"ok": true, "n": 7}';

/** The twelve keys of a task that was just made, but for its workflow execution. */
const newTask =
  `'task_name', 'send_email', 'task_index', null, 'task_batch', null, 'retry_count', 0, 'max_retries', 3, ` +
  `'next_retry_at', null, 'timeout_seconds', 300, 'timed_out', false, 'duration_ms', null, 'started_at', null, 'completed_at', null`;

/** @param source where the workflow executions `w` come from
 *  @param mine how the tasks meant are found by their execution's id */
const oneTable = ({ source, mine }) => ({
  insert: `
    insert into attune.execution (action, action_ref, config, parent, status, workflow_task)
    select 8, 'bench.action_7', '${config}', 2 * w - 1, 'scheduled', jsonb_build_object('workflow_execution', w, ${newTask})
    from ${source} returning id`,
  start: `update attune.execution set status = 'running', updated = now() where ${mine}`,
  finish: `
    update attune.execution
    set status = 'completed', result = '${result}', updated = now(),
      workflow_task = workflow_task || jsonb_build_object('started_at', attune.instant(updated),
        'completed_at', attune.instant(now()), 'duration_ms', 17, 'timed_out', false)
    where ${mine}`,
});

const twoTables = ({ source, mine }) => ({
  insert: `
    with made as (
      insert into attune.execution (action, action_ref, config, parent, status)
      select 8, 'bench.action_7', '${config}', 2 * w - 1, 'scheduled' from ${source} returning id, parent)
    insert into attune.workflow_task_execution (workflow_execution, execution, task_name, status, max_retries, timeout_seconds)
    select (parent + 1) / 2, id, 'send_email', 'scheduled', 3, 300 from made returning execution as id`,
  start: `
    with started as (update attune.execution set status = 'running', updated = now() where ${mine} returning id)
    update attune.workflow_task_execution t set status = 'running', started_at = now(), updated = now()
    from started where t.execution = started.id`,
  finish: `
    with finished as (
      update attune.execution set status = 'completed', result = '${result}', updated = now() where ${mine} returning id)
    update attune.workflow_task_execution t
    set status = 'completed', completed_at = now(), duration_ms = 17, timed_out = false, updated = now()
    from finished where t.execution = finished.id`,
});

/** How the tasks of a turn come: one by one, as single actions do, or a hundred in a statement, as the engine moves them. */
export const forms = {
  single: {
    perStatement: 1,
    tasks: 2000,
    columns: { source: '(select chosen[1] as w) asked', mine: 'id = chosen[1]' },
  },
  batch: {
    perStatement: 100,
    tasks: 8000,
    columns: { source: 'unnest(chosen) w', mine: 'id = any(chosen)' },
  },
};

/** Procedures `bench.<step>(ids, per)` of a layout: they run the step's statement for each `per` of the ids, each in a commit of
 *  its own, so that no client's time is told as the layout's. `insert` takes workflow executions and gives back the tasks made. */
export function procedures(layout, form) {
  const statements = (layout === 'one' ? oneTable : twoTables)(form.columns);
  return ['drop schema if exists bench cascade', 'create schema bench']
    .concat(
      Object.entries(statements).map(
        ([step, statement]) => `
          create procedure bench.${step}(inout ids bigint[], per integer) language plpgsql as $procedure$
          declare
            chosen bigint[];
            task bigint;
            made bigint[] := '{}';
          begin
            for i in 0 .. cardinality(ids) / per - 1 loop
              chosen := ids[i * per + 1 : (i + 1) * per];
              ${step === 'insert' ? `for task in ${statement} loop made := made || task; end loop;` : `${statement};`}
              commit;
            end loop;
            ids := made;
          end
          $procedure$`,
      ),
    )
    .join(';\n');
}
