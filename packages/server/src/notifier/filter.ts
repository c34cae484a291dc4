/** What a client subscribes to, in the spelling of the protocol. */
export type Filter =
  { kind: 'entity'; entity_type: 'execution'; id: string } | { kind: 'entity_type'; entity_type: EntityType };

export type EntityType = 'execution' | 'event' | 'enforcement' | 'inquiry';

/** Reads `entity:execution:<id>` or `entity_type:<execution|event|enforcement|inquiry>`; undefined: it is neither. */
export function parseFilter(text: unknown): Filter | undefined {
  if (typeof text !== 'string') return undefined;
  const entity = /^entity:execution:(\d{1,19})$/.exec(text);
  if (entity?.[1] !== undefined) return { kind: 'entity', entity_type: 'execution', id: entity[1] };
  const type = /^entity_type:(execution|event|enforcement|inquiry)$/.exec(text)?.[1];
  return type === undefined ? undefined : { kind: 'entity_type', entity_type: type as EntityType };
}

export const expectedFilters = "'entity:execution:<id>' or 'entity_type:<execution|event|enforcement|inquiry>'";
