import { isJsonObject, stringifyJson, type Json, type JsonObject } from '@attune/core';
import { stringify as stringifyYaml } from 'yaml';
import type { ParameterFormat } from './attempt.ts';

/** Parameters as the document an action reads, ending in a newline (pack format, section 6, Delivery). */
export function formatParameters(format: ParameterFormat, parameters: JsonObject): string {
  switch (format) {
    case 'json':
      return `${stringifyJson(parameters)}\n`;
    case 'yaml':
      // quoted so that a YAML 1.1 reader, as PyYAML is, finds the same strings: `no` is not false
      return stringifyYaml(parameters, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false });
    case 'dotenv':
      return formatDotenv(parameters);
  }
}

/** Lines `key='value'`, sorted; nested maps by dotted keys, empty ones left out; lists as JSON text; null as the empty text. */
function formatDotenv(parameters: JsonObject): string {
  const entries = flatten(parameters, '').sort(([a], [b]) => (a < b ? -1 : 1));
  return `${entries.map(([key, value]) => `${key}='${value.replaceAll("'", `'\\''`)}'`).join('\n')}\n`;
}

function flatten(object: JsonObject, prefix: string): [string, string][] {
  return Object.entries(object).flatMap(([key, value]): [string, string][] =>
    isJsonObject(value) ? flatten(value, `${prefix}${key}.`) : [[prefix + key, textOf(value)]],
  );
}

function textOf(value: Json): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : stringifyJson(value);
}
