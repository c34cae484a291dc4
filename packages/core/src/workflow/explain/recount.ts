import { canonicalJson } from '../../hash.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Decision } from '../conductor/decision.ts';
import type { KeptList } from '../conductor/memory.ts';
import { Replay, type RunEvent } from '../conductor/replay.ts';
import type { RunState } from '../conductor/state.ts';
import type { RunFacts } from '../conductor/step.ts';
import type { WorkflowGraph } from '../graph/graph.ts';
import type { ReplayVerdict } from './explanation.ts';
import { Proofs } from './proven.ts';
import { RunStory } from './story.ts';
import { maskDecision } from '../secrets/mask-decision.ts';

/** One step of a run's record. */
export interface RecordedStep {
  step: number;
  /** What the step was about; null: the run began. */
  event: RunEvent | null;
  /** What was decided; null where nothing was to be. */
  decision: Decision | null;
}

/** Tells a run from its record, and decides it again beside that: as long as both agree, the conditions are proven. Memory does not
 *  grow with the length of the run. */
export class Recount {
  readonly story: RunStory;
  readonly #graph: WorkflowGraph;
  readonly facts: RunFacts;
  readonly #lists: Iterable<KeptList>;
  #proofs = new Proofs();
  #replay: Replay | undefined;
  #verdict: ReplayVerdict = { agrees: true, step: null, message: null };

  /** @param lists those that tasks with items went through, as they were kept. */
  constructor(graph: WorkflowGraph, facts: RunFacts, lists: Iterable<KeptList> = []) {
    this.#graph = graph;
    this.facts = facts;
    this.#lists = lists;
    this.story = new RunStory(graph);
  }

  /** The next step of the record. */
  add(recorded: RecordedStep): void {
    this.#proofs = new Proofs();
    if (this.#verdict.agrees) this.#decideAgain(recorded);
    if (recorded.decision !== null) this.story.add(recorded.decision, this.#proofs);
  }

  /** Whether all of it could be decided again, and came to what is kept of the run.
   *  @param variables with secrets in clear */
  verdict(state: RunState, variables: JsonObject, steps: number): ReplayVerdict {
    if (!this.#verdict.agrees || this.#replay === undefined) return this.#verdict;
    const isSame = same(this.#replay.state, state) && same(this.#replay.variables, variables);
    return isSame ? this.#verdict : differs(steps, 'the state that is kept of the run is not what its record comes to');
  }

  #decideAgain({ step, event, decision }: RecordedStep): void {
    const decided = this.#decide(event);
    if (decided instanceof Error) this.#differ(step, `it cannot be decided again: ${decided.message}`);
    else if (decided !== null && decision === null) this.#differ(step, 'nothing was decided where something was to be');
    else if (decided !== null && decision !== null) this.#compare(step, this.#masked(decided), this.#masked(decision));
    else if (decision !== null) this.#differ(step, 'something was decided where nothing was to be');
  }

  #compare(step: number, decided: Decision, recorded: Decision): void {
    if (!same(decided, recorded)) this.#differ(step, whatDiffers(decided, recorded));
  }

  /** What is secret is masked in the record, by what was known then. */
  #masked(decision: Decision): Decision {
    const { secrets } = this.facts;
    return secrets === undefined ? decision : maskDecision(decision, secrets, this.#graph.definition.output);
  }

  /** A record that is damaged may lead anywhere. */
  #decide(event: RunEvent | null): Decision | null | Error {
    try {
      if (event !== null) return this.#replay?.tell(event) ?? null;
      this.#replay = new Replay(this.#graph, this.facts, (...seen) => this.#proofs.witness(...seen), this.#lists);
      return this.#replay.first;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #differ(step: number, what: string): void {
    this.#verdict = differs(step, what);
    this.#proofs = new Proofs();
  }
}

const differs = (step: number, what: string): ReplayVerdict => ({
  agrees: false,
  step,
  message:
    `From step ${step} on nothing is proven, for ${what}. What is shown of these steps is what was recorded. ` +
    "The pack's configuration or a key may have changed since, or the row of a result.",
});

const same = (a: unknown, b: unknown): boolean => canonicalJson(plain(a)) === canonicalJson(plain(b));

/** Keys without a value are as good as none. */
const plain = (value: unknown): Json => value as Json;

function whatDiffers(decided: Decision, recorded: Decision): string {
  const keys = new Set([...Object.keys(decided), ...Object.keys(recorded)]) as Set<keyof Decision>;
  const differing = [...keys].filter((key) => !same(decided[key] ?? null, recorded[key] ?? null));
  return `deciding it again gives other ${differing.join(', ')}`;
}
