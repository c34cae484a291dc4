/** A deliberately wrong conductor: in a file of core/src/workflow, a text that stands there exactly once is put in place of another. */
export interface Mutant {
  /** What is wrong with it. */
  name: string;
  file: string;
  find: string;
  replace: string;
}

/** One wrong conductor per thing that can be got wrong. */
export const mutants: readonly Mutant[] = [
  // where a run begins, and its loops
  {
    name: 'a group that is targeted from outside is an entry, too',
    file: 'graph/entries.ts',
    find: 'if (isTargeted.has(number) || entered.has(number))',
    replace: 'if (entered.has(number))',
  },
  {
    name: 'the entry of a group is its last task',
    file: 'graph/entries.ts',
    find: 'return group.flatMap((number, task) => {',
    replace:
      'return group.flatMap((_, index) => {\n    const task = group.length - 1 - index;\n    const number = at(group, task);',
  },
  {
    name: 'an edge to a task that was left is a back edge',
    file: 'graph/depth-first.ts',
    find: 'else if (closed[target] === -1)',
    replace: 'else',
  },
  {
    name: 'a loop is its head alone',
    file: 'graph/loops.ts',
    find: 'if (isBelow(walk, source, head)) members.add(source);',
    replace: 'if (source === head) members.add(source);',
  },
  {
    name: 'a loop takes in what leads to it from outside',
    file: 'graph/loops.ts',
    find: 'if (isBelow(walk, source, head)) members.add(source);',
    replace: 'members.add(source);',
  },
  {
    name: 'a join knows only the loops that it is in',
    file: 'graph/passed-loops.ts',
    find: 'isEntry.has(task) ? new Set<number>() : intersection(known)',
    replace: 'new Set<number>()',
  },
  {
    name: 'a path that begins behind a loop is overlooked',
    file: 'graph/passed-loops.ts',
    find: 'isEntry.has(task) ? new Set<number>() : intersection(known)',
    replace: 'intersection(known)',
  },
  // positions
  {
    name: 'a back edge does not count the iteration',
    file: 'graph/position.ts',
    find: '[loop.head]: iteration + 1',
    replace: '[loop.head]: iteration',
  },
  {
    name: 'a back edge keeps the iterations of inner loops',
    file: 'graph/position.ts',
    find: 'for (const inner of loop.inner) Reflect.deleteProperty(others, inner);',
    replace: '',
  },
  {
    name: 'a loop that is left is forgotten',
    file: 'graph/position.ts',
    find: 'return entered.length === 0 ? position :',
    replace:
      'if (entered.length === 0) return restrictTo(nodeOf(graph, to).loops, position);\n  return entered.length === 0 ? position :',
  },
  {
    name: 'absent and 0 are one position',
    file: 'graph/position.ts',
    find: 'return heads.length === Object.keys(b).length && heads.every((head) => a[head] === iterationOf(b, head));',
    replace: 'return [...heads, ...Object.keys(b)].every((head) => (a[head] ?? 0) === (b[head] ?? 0));',
  },
  {
    name: 'only merging tasks that have two predecessors are told apart',
    file: 'graph/graph.ts',
    find: 'task.join !== null || predecessors.length > 1 ||',
    replace: 'predecessors.length > 1 &&',
  },
  // arriving
  {
    name: 'a diamond runs its last task twice',
    file: 'conductor/arrive.ts',
    find: 'if (hasStarted(turn.state, node, position)) {',
    replace: 'if (node.definition.join !== null && hasStarted(turn.state, node, position)) {',
  },
  {
    name: 'a join starts again with a later arrival',
    file: 'conductor/arrive.ts',
    find: 'if (hasStarted(turn.state, node, position)) {',
    replace: 'if (node.definition.join === null && hasStarted(turn.state, node, position)) {',
  },
  {
    name: 'a join counts one too few',
    file: 'conductor/arrive.ts',
    find: 'if (arrived < needed) {',
    replace: 'if (arrived < needed - 1) {',
  },
  {
    name: 'a join counts one too many',
    file: 'conductor/arrive.ts',
    find: 'if (arrived < needed) {',
    replace: 'if (arrived <= needed) {',
  },
  {
    name: 'a join counts the same predecessor twice',
    file: 'conductor/arrive.ts',
    find: 'const arrived = countMarks(arrivals.from);',
    replace: 'const arrived = (arrivals.count = (before?.count ?? 0) + 1);',
  },
  {
    name: 'a join counts by position, not by the loops passed',
    file: 'conductor/arrive.ts',
    find: 'node.definition.join === null ? moved : restrictTo(node.passed, moved)',
    replace: 'moved',
  },
  {
    name: 'arrivals at other positions are lost',
    file: 'conductor/arrive.ts',
    find: 'turn.state.waiting[task] = [...others, arrivals];',
    replace: 'turn.state.waiting[task] = [arrivals];',
  },
  {
    name: 'the head of a loop waits for its back edges in the first round',
    file: 'conductor/arrive.ts',
    find: 'return node.predecessors.filter((task) => !loop.members.has(task));',
    replace: 'return node.predecessors;',
  },
  {
    name: 'the head of a loop waits for the tasks outside in every round',
    file: 'conductor/arrive.ts',
    find: 'if ((iterationOf(position, loop.head) ?? 0) > 0) return loop.backSources;',
    replace: '',
  },
  // transitions
  {
    name: 'only the first transition that holds fires',
    file: 'conductor/fire.ts',
    find: '} else if (condition.value) {',
    replace: '} else if (condition.value && !turn.decision.transitions.some((one) => one.fired)) {',
  },
  {
    name: 'a publish is lost',
    file: 'conductor/fire.ts',
    find: 'publish(turn, transition, scope, place, record);',
    replace: 'if (transition.do.length === 0) publish(turn, transition, scope, place, record);',
  },
  {
    name: 'later entries of a publish do not see earlier ones',
    file: 'conductor/fire.ts',
    find: 'Object.assign(turn.variables, rendered.value);',
    replace: 'if (index === 0) Object.assign(turn.variables, rendered.value);',
  },
  {
    name: 'a target named twice starts twice',
    file: 'conductor/fire.ts',
    find: 'for (const target of targets) name(turn, ended, target);',
    replace:
      'for (const target of next.flatMap(({ do: all }, at) => turn.decision.transitions.filter((one) => one.task === ended.task && one.visit === ended.visit)[at]?.fired ? all : [])) name(turn, ended, target);',
  },
  {
    name: 'a condition that cannot be evaluated is false',
    file: 'conductor/fire.ts',
    find: 'record.error = explain(`${place}.when`, condition.error);\n      failRun(turn, record.error);',
    replace: '',
  },
  {
    name: 'the target fail does nothing',
    file: 'conductor/fire.ts',
    find: "if (target === 'fail') failRun",
    replace: "if (target === 'never') failRun",
  },
  {
    name: 'publishing alone handles a failure',
    file: 'conductor/fire.ts',
    find: 'return targets.size > 0;',
    replace: 'return targets.size > 0 || turn.decision.transitions.some((one) => one.published !== undefined);',
  },
  {
    name: 'noop handles nothing',
    file: 'conductor/fire.ts',
    find: 'return targets.size > 0;',
    replace: "return [...targets].some((target) => target !== 'noop');",
  },
  {
    name: 'targets start in another order',
    file: 'conductor/fire.ts',
    find: 'for (const target of targets) name(turn, ended, target);',
    replace: 'for (const target of [...targets].reverse()) name(turn, ended, target);',
  },
  // the end
  {
    name: 'unhandled failures are forgotten at the end',
    file: 'conductor/conclude.ts',
    find: 'if (failed.length > 0) reasons.push',
    replace: 'if (failed.length > 1) reasons.push',
  },
  {
    name: 'a join that was reached and not met is no fault',
    file: 'conductor/conclude.ts',
    find: 'return [...reasons, ...unmetJoins(graph, state)];',
    replace: 'return reasons;',
  },
  {
    name: 'a cancelled task does not cancel the run',
    file: 'conductor/conclude.ts',
    find: 'if (turn.state.cancelled) return',
    replace: 'if (turn.state.cancelled && turn.state.failure !== null) return',
  },
  {
    name: 'the output is not evaluated on failure',
    file: 'conductor/conclude.ts',
    find: 'result: { ...output, error:',
    replace: 'result: { error:',
  },
  // items
  {
    name: 'one item more is under way than may be',
    file: 'conductor/items-run.ts',
    find: 'Math.max(0, run.limit - countIn(run.live))',
    replace: 'Math.max(0, run.limit + 1 - countIn(run.live))',
  },
  {
    name: 'an item that waits for its retry makes room for another',
    file: 'conductor/items-run.ts',
    find: 'run.limit - countIn(run.live)',
    replace: 'run.limit - countIn(run.live) + Object.values(run.retried).filter(({ waits }) => waits).length',
  },
  {
    name: 'items go on starting after one has failed',
    file: 'conductor/items-run.ts',
    find: 'return { ...run, worst, stops: true };',
    replace: 'return { ...run, worst };',
  },
  {
    name: 'the last item decides how the task ended',
    file: 'conductor/items-run.ts',
    find: 'const worst = order.findLast((one) => one === outcome || one === run.worst) ?? null;',
    replace: 'const worst = order.find((one) => one === outcome) ?? null;',
  },
  {
    name: 'a task that stopped early has succeeded',
    file: 'conductor/items-run.ts',
    find: "run.worst ?? (run.next === run.count ? 'succeeded' : 'failed')",
    replace: "run.worst === 'timed_out' ? 'succeeded' : (run.worst ?? 'succeeded')",
  },
  {
    name: 'retries that wait go on after an item has failed',
    file: 'conductor/items-run.ts',
    find: 'return waiting.reduce(end, { ...run, stops: true });',
    replace: 'return { ...run, stops: true };',
  },
  {
    name: 'the last chunk is as long as the others',
    file: 'conductor/plan-items.ts',
    find: 'Math.ceil(elements.length / (batch_size ?? 1))',
    replace: 'Math.floor(elements.length / (batch_size ?? 1))',
  },
  {
    name: 'results of items stand in the order of their ends',
    file: 'conductor/advance-item.ts',
    find: 'return results[index] ?? null;',
    replace: 'return results[count - 1 - index] ?? null;',
  },
  {
    name: 'a failed item leaves its result in the list',
    file: 'conductor/advance-item.ts',
    find: "if (index === item) return outcome === 'succeeded' ? result : null;",
    replace: 'if (index === item) return result;',
  },
  {
    name: 'an empty list waits for ever',
    file: 'conductor/start.ts',
    find: 'if (count === 0) {',
    replace: 'if (count < 0) {',
  },
  {
    name: 'an index is that of the release, not of the list',
    file: 'conductor/release-items.ts',
    find: 'by, reads, { item, index });',
    replace: 'by, reads, { item, index: index - from });',
  },
  // attempts
  {
    name: 'a retry too many',
    file: 'conductor/retry.ts',
    find: '|| retriesLeft === 0 ||',
    replace: '|| retriesLeft < 0 ||',
  },
  {
    name: 'what could not start is retried',
    file: 'conductor/retry.ts',
    find: ' || !started) return false;',
    replace: ') return false;',
  },
  {
    name: 'an end that is told twice counts twice',
    file: 'conductor/conductor.ts',
    find: 'if (run?.attempt !== finished.attempt || run.waits) return ignore(turn, finished);',
    replace: 'if (run === undefined) return ignore(turn, finished);',
  },
  {
    name: 'a failed run goes on evaluating transitions',
    file: 'conductor/end-run.ts',
    find: 'if (isFailing(turn)) return finishTurn(turn, ended);\n  const isHandled',
    replace: 'const isHandled',
  },
  {
    name: 'a skipped task counts no visit',
    file: 'conductor/start.ts',
    find: 'const visit = before + 1;',
    replace: "const visit = standingIn(state.tasks, node) === 'skipped' ? before : before + 1;",
  },
];
