import { fileURLToPath } from 'node:url';

/** Where the project stands: three folders above `src` or `dist`. */
export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[/\\]$/, '');
