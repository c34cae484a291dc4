import type { Problem } from '../errors.ts';
import { ownValue, type JsonObject } from '../json.ts';
import { fillDefaults, validate, type FlatSchema } from '../schema/flat-schema.ts';
import { secretPaths, type Path } from '../secret/paths.ts';
import { sealedIn } from '../secret/sealed.ts';
import { pointerKeys } from '../yaml/pointer.ts';

/** Where a pack's configuration comes from. */
export interface ConfigSources {
  conf_schema: FlatSchema;
  /** What the pack's own files give. */
  config_defaults: JsonObject;
  /** What an administrator set; secrets sealed. */
  config: JsonObject;
}

/** The configuration that is in force: what an administrator set, else what the pack's files give, else the schema's defaults. What the
 *  schema does not name is left out, unless it names nothing at all, as in packs of older systems. Secrets stay sealed. */
export function effectiveConfig({ conf_schema, config_defaults, config }: ConfigSources): JsonObject {
  const given = { ...config_defaults, ...config };
  const names = Object.keys(conf_schema);
  if (names.length === 0) return given;
  const named = names.flatMap((name) => {
    const value = ownValue(given, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return fillDefaults(conf_schema, Object.fromEntries(named));
}

/** What of the configuration is secret: what the schema marks, and what was sealed when it did. */
export const secretConfig = ({ conf_schema, config }: Pick<ConfigSources, 'conf_schema' | 'config'>): Path[] => [
  ...secretPaths(conf_schema),
  ...sealedIn(config).map(pointerKeys),
];

/** Names that the schema requires and nothing gives. */
export const missingConfig = (sources: ConfigSources): string[] => {
  const config = effectiveConfig(sources);
  return Object.entries(sources.conf_schema)
    .filter(([name, definition]) => definition['required'] === true && (ownValue(config, name) ?? null) === null)
    .map(([name]) => name);
};

/** Everything wrong with values for a configuration. Values may be missing: they may be set one after another. */
export const checkConfig = (schema: FlatSchema, values: JsonObject): Problem[] =>
  validate(withoutRequired(schema), values);

/** What a schema does not accept any more of the stored values, opened; of names that it does not have nothing is said, for nobody
 *  reads them. */
export const unfitConfig = (schema: FlatSchema, stored: JsonObject): Problem[] =>
  validate(withoutRequired(schema), stored, { unknown: 'allow' });

const withoutRequired = (schema: FlatSchema): FlatSchema =>
  Object.fromEntries(Object.entries(schema).map(([name, { required: _, ...rest }]) => [name, rest]));
