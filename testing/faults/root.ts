import { join } from 'node:path';

/** The folder of the project. The command runs from a bundle that lies elsewhere, and says so. */
export const root = process.env['ATTUNE_FAULTS_ROOT'] ?? join(import.meta.dirname, '..', '..');
