import type { AttuneClient } from '@attune/client';
import { isFinal, type Id } from '@attune/core';
import { expect } from 'vitest';
import { until } from '../../../../../testing/until.ts';
import type { Company } from './company.ts';
import { countBelow, findPlace } from './place.ts';

/** What is done to a run from outside, and when. */
interface Control {
  verb: 'pause' | 'resume' | 'cancel';
  /** The attempt it is done to; undefined: the run. */
  target: string | undefined;
  /** It is done while this attempt runs, which does not end before. */
  during: string | undefined;
  /** It is done once these have ended. */
  after: string[];
  /** What becomes of that attempt by it. */
  fate: 'let it finish' | 'stop it' | undefined;
}

const form =
  /^(?<verb>pause|resume|cancel)(?: (?<target>\S+))? (?:while (?<during>.+) runs(?: and (?<fate>let it finish|stop it))?|after (?<after>.+))$/;

/** @throws Error where a text is no control. */
function controlIn(text: string): Control {
  const groups = form.exec(text)?.groups;
  if (groups === undefined)
    throw new Error(`'${text}' is not 'pause|resume|cancel [TASK] while TASK runs [and ...]|after TASK, ...'`);
  return {
    verb: groups['verb'] as Control['verb'],
    target: groups['target'],
    during: groups['during'],
    after: groups['after']?.split(', ') ?? [],
    fate: groups['fate'] as Control['fate'],
  };
}

/** The attempts that must not end before something was done. */
export const heldBy = (meanwhile: readonly string[]): string[] =>
  meanwhile.flatMap((text) => controlIn(text).during ?? []);

/** Does to a run what is to be done, one after the other. */
export async function control(company: Company, root: Id, meanwhile: readonly string[]): Promise<void> {
  const { db, director } = company;
  let belowWhenPaused = 0;
  for (const { verb, target, during, after, fate } of meanwhile.map(controlIn)) {
    const letGo = during === undefined ? undefined : await director.held(root, during);
    for (const name of after) await until(`${name} has ended`, async () => (await findPlace(db, root, name))?.isOver);
    const id = target === undefined ? root : (await findPlace(db, root, target))?.id;
    if (id === undefined) throw new Error(`There is no ${target ?? 'run'} to ${verb}`);
    if (verb === 'resume') expect(await countBelow(db, root), 'what there is below a paused run').toBe(belowWhenPaused);
    await perform(await company.client(), verb, id);
    belowWhenPaused = await countBelow(db, root);
    if (fate !== undefined) await expectFate(company, root, during ?? '', fate);
    letGo?.();
  }
}

/** An attempt that is held cannot end by itself, so how it stands now is what was done to it. */
async function expectFate(company: Company, root: Id, name: string, fate: Control['fate']): Promise<void> {
  const id = (await findPlace(company.db, root, name))?.id ?? '';
  const client = await company.client();
  const { data } = await client.getExecution({ path: { id } });
  if (fate === 'let it finish') expect(data.status, name).toBe('running');
  else expect(['canceling', 'cancelled'], name).toContain(data.status);
}

/** Everything is done twice: the second time it changes nothing. */
async function perform(client: AttuneClient, verb: Control['verb'], id: Id): Promise<void> {
  const path = { id };
  for (const _ of ['once', 'twice']) {
    switch (verb) {
      case 'pause':
        await client.pauseExecution({ path, body: { reason: 'for the tour' } });
        break;
      case 'resume':
        await client.resumeExecution({ path });
        return; // it may have ended since
      case 'cancel': {
        const { data } = await client.cancelExecution({ path });
        expect(data.status === 'canceling' || isFinal(data.status)).toBe(true);
      }
    }
  }
}
