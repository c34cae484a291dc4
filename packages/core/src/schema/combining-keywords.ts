import type { Problem } from '../errors.ts';
import { list } from '../yaml/shape.ts';
import { schemaShape } from './check-schema.ts';
import { unlessTemplated } from './general-keywords.ts';
import { keyword, type Keyword } from './keyword.ts';

export const combiningKeywords: Record<string, Keyword> = {
  allOf: keyword(list(schemaShape(), { atLeast: 1 }), (schemas, value, visit) => {
    for (const schema of schemas) visit.descend(schema, value);
  }),
  anyOf: keyword(list(schemaShape(), { atLeast: 1 }), (schemas, value, visit) => {
    const answers = schemas.map((schema) => visit.ask(schema, value));
    if (answers.some((problems) => problems.length === 0)) return;
    visit.fail(`fits none of the ${schemas.length} allowed forms: ${reasonsOf(answers)}`);
  }),
  oneOf: keyword(
    list(schemaShape(), { atLeast: 1 }),
    unlessTemplated((schemas, value, visit) => {
      const answers = schemas.map((schema) => visit.ask(schema, value));
      const fitting = answers.filter((problems) => problems.length === 0).length;
      if (fitting > 1) visit.fail(`must fit one of the allowed forms only, not ${fitting}`);
      if (fitting === 0) visit.fail(`fits none of the ${schemas.length} allowed forms: ${reasonsOf(answers)}`);
    }),
  ),
  not: keyword(
    schemaShape(),
    unlessTemplated((schema, value, visit) => {
      if (visit.ask(schema, value).length === 0) visit.fail(`must not have the form that "not" describes`);
    }),
  ),
  if: keyword(
    schemaShape(),
    unlessTemplated((schema, value, visit) => {
      const branch = visit.schema[visit.ask(schema, value).length === 0 ? 'then' : 'else'];
      if (branch !== undefined) visit.descend(branch, value);
    }),
  ),
  // Read by `if`.
  then: keyword(schemaShape()),
  else: keyword(schemaShape()),
};

/** The first reason of each form, which is the one its author will look for. */
const reasonsOf = (answers: readonly Problem[][]): string => answers.map(([first]) => first?.message).join('; or ');
