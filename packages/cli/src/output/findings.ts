import type { Finding, Severity } from '@attune/core';
import type { Paint } from './paint.ts';
import { safeText } from './safe-text.ts';

/** What was found in a pack, as compilers print it, and how much of it at the end. */
export function formatFindings(findings: readonly Finding[], paint: Paint): string {
  const colours: Record<Severity, (text: string) => string> = {
    error: paint.red,
    warning: paint.yellow,
    info: paint.dim,
  };
  const lines = findings.map(({ file, line, column, severity, message, code }) => {
    const place = paint.bold(`${safeText(file)}:${line}:${column}:`);
    return `${place} ${colours[severity](severity)}: ${safeText(message)} ${paint.dim(`[${code}]`)}`;
  });
  return [...lines, summary(findings)].join('\n');
}

function summary(findings: readonly Finding[]): string {
  const count = (severity: Severity, word: string): string => {
    const number = findings.filter((one) => one.severity === severity).length;
    return `${number} ${word}${number === 1 ? '' : 's'}`;
  };
  return `${count('error', 'error')}, ${count('warning', 'warning')}`;
}
