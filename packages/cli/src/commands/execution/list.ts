import type { ExecutionSummary } from '@attune/client';
import { executionStatuses, type ExecutionStatus } from '@attune/core';
import { Option, type Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given } from '../../connection/given.ts';
import { firstRows } from '../../connection/pages.ts';
import { withLimit, type ListOptions } from '../../input/list-options.ts';
import { between, formatDuration } from '../../output/duration.ts';
import { formatInstant } from '../../output/instant.ts';
import { showList } from '../../output/list.ts';
import { paintStatus } from '../../output/status.ts';
import type { Column } from '../../output/table.ts';
import { taskName } from '../../output/task-name.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options extends ListOptions {
  status?: ExecutionStatus[];
  action?: string;
  rule?: string;
  trigger?: string;
  enforcement?: string;
  parent?: string;
  rerunOf?: string;
  topLevel?: true;
}

const columns: Column<ExecutionSummary>[] = [
  { name: 'id', text: (execution) => execution.id, align: 'right' },
  { name: 'action_ref', text: (execution) => execution.action_ref },
  { name: 'task', text: (execution) => (execution.workflow_task === null ? null : taskName(execution)) },
  { name: 'status', text: (execution) => execution.status, colour: paintStatus },
  { name: 'parent', text: (execution) => execution.parent, align: 'right' },
  { name: 'rule_ref', text: (execution) => execution.rule_ref },
  { name: 'duration', text: durationText, align: 'right' },
  { name: 'created', text: (execution) => formatInstant(execution.created) },
];

function durationText(execution: ExecutionSummary): string | null {
  const ms = between(execution.started_at, execution.completed_at);
  return ms === undefined ? null : formatDuration(ms);
}

export function executionListCommand(execution: Command, cli: Cli): void {
  const command = withLimit(execution.command('list').description('List executions'))
    .addOption(new Option('-s, --status <status...>', 'only those that stand so').choices(executionStatuses))
    .option('-a, --action <ref>', 'only those of an action')
    .option('--rule <ref>', 'only those that a rule started')
    .option('--trigger <ref>', 'only those that events of a trigger led to')
    .option('--enforcement <id>', 'only those of an enforcement')
    .option('--parent <id>', 'only those that an execution started')
    .option('--rerun-of <id>', 'only those that run an execution again')
    .option('--top-level', 'only those that no other execution started')
    .action(
      cli.action(async (run, options: Options) => {
        const { client } = await connect(run);
        const filters = given({
          status: options.status,
          action_ref: options.action,
          rule_ref: options.rule,
          trigger_ref: options.trigger,
          enforcement: options.enforcement,
          parent: options.parent,
          rerun_of: options.rerunOf,
          top_level: options.topLevel,
        });
        const found = await firstRows(options.limit, (page) =>
          client.listExecutions({ query: { ...filters, ...page } }),
        );
        await showList(run, found, columns);
        return 0;
      }),
    );
  withExamples(
    command,
    'attune execution list --top-level',
    'attune execution list --status failed timeout --limit 10',
    'attune execution list --action core.echo -o json',
  );
}
