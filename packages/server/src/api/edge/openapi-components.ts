import type { OpenAPIV3_1 } from 'openapi-types';

type Schemas = Record<string, OpenAPIV3_1.SchemaObject>;

/** The generator makes two components of each named schema, `X` for answers and `XInput` for requests. This keeps those that something
 *  refers to, and lets an `XInput` be `X` where there is no other, or no difference. */
export function tidyComponents(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const all = (document.components?.schemas ?? {}) as Schemas;
  const used = usedBy(document.paths, all);
  const isPlain = (input: string) => {
    const plain = input.slice(0, -suffix.length);
    return !used.has(plain) || withoutSuffix(all[plain]) === withoutSuffix(all[input]);
  };
  const merged = new Set([...used].filter((name) => name.endsWith(suffix) && isPlain(name)));
  const rename = <T>(node: T): T =>
    JSON.parse(
      JSON.stringify(node).replace(reference, (text, name: string) =>
        merged.has(name) ? text.replace(name, name.slice(0, -suffix.length)) : text,
      ),
    ) as T;
  const kept = [...used]
    .map((name): [string, OpenAPIV3_1.SchemaObject] => [
      merged.has(name) ? name.slice(0, -suffix.length) : name,
      rename(all[name] ?? {}),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...document,
    paths: rename(document.paths ?? {}),
    components: { ...document.components, schemas: Object.fromEntries(kept) },
  };
}

const suffix = 'Input';
const reference = /"#\/components\/schemas\/([^"]+)"/g;

const withoutSuffix = (schema: OpenAPIV3_1.SchemaObject | undefined): string =>
  JSON.stringify(schema ?? null).replace(reference, (text) => text.replace(`${suffix}"`, '"'));

/** Names of the components that these nodes refer to, directly or through others. */
function usedBy(nodes: unknown, all: Schemas): Set<string> {
  const used = new Set<string>();
  const visit = (node: unknown) => {
    for (const [, name = ''] of JSON.stringify(node ?? null).matchAll(reference)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(all[name]);
    }
  };
  visit(nodes);
  return used;
}
