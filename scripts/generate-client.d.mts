/** Writes the client's generated files for an OpenAPI document into a folder, which is emptied before. */
export function generateClient(document: Record<string, unknown>, folder: string): Promise<void>;
