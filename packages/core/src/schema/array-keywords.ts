import { canonicalJson } from '../hash.ts';
import { childPointer } from '../yaml/pointer.ts';
import { flag, integer, list } from '../yaml/shape.ts';
import { unlessTemplated } from './general-keywords.ts';
import { keyword, type Keyword } from './keyword.ts';
import { schemaShape } from './check-schema.ts';

export const arrayKeywords: Record<string, Keyword> = {
  items: keyword(schemaShape(), (schema, value, visit) => {
    if (!Array.isArray(value)) return;
    const prefix = visit.schema['prefixItems'];
    const first = Array.isArray(prefix) ? prefix.length : 0;
    value.forEach((element, index) => {
      if (index >= first) visit.descend(schema, element, childPointer(visit.pointer, index));
    });
  }),
  prefixItems: keyword(list(schemaShape(), { atLeast: 1 }), (schemas, value, visit) => {
    if (!Array.isArray(value)) return;
    schemas.forEach((schema, index) => {
      const element = value[index];
      if (element !== undefined) visit.descend(schema, element, childPointer(visit.pointer, index));
    });
  }),
  contains: keyword(
    schemaShape(),
    unlessTemplated((schema, value, visit) => {
      if (!Array.isArray(value)) return;
      const fitting = value.filter((element, index) => {
        return visit.ask(schema, element, childPointer(visit.pointer, index)).length === 0;
      }).length;
      const { minContains = 1, maxContains = Infinity } = visit.schema;
      if (fitting < Number(minContains)) {
        visit.fail(`must hold at least ${Number(minContains)} elements that fit "contains", not ${fitting}`);
      }
      if (fitting > Number(maxContains)) {
        visit.fail(`must hold at most ${Number(maxContains)} elements that fit "contains", not ${fitting}`);
      }
    }),
  ),
  // Read by `contains`.
  minContains: keyword(integer(0)),
  maxContains: keyword(integer(0)),
  minItems: keyword(integer(0), (limit, value, visit) => {
    if (Array.isArray(value) && value.length < limit) {
      visit.fail(`must have at least ${limit} elements, not ${value.length}`);
    }
  }),
  maxItems: keyword(integer(0), (limit, value, visit) => {
    if (Array.isArray(value) && value.length > limit) {
      visit.fail(`must have at most ${limit} elements, not ${value.length}`);
    }
  }),
  uniqueItems: keyword(
    flag(),
    unlessTemplated((rule, value, visit) => {
      if (!rule || !Array.isArray(value)) return;
      const firstOf = new Map<string, number>();
      value.forEach((element, index) => {
        const key = canonicalJson(element);
        const first = firstOf.get(key);
        if (first === undefined) firstOf.set(key, index);
        else visit.fail(`must not repeat element ${first}`, childPointer(visit.pointer, index));
      });
    }),
  ),
};
