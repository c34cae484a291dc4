import { expect, test } from 'vitest';
import { statementsOf } from './sql-script.ts';

const texts = (script: string) => statementsOf(script).map(({ text }) => text);

test('a script is split where statements end', () => {
  expect(texts('select 1; select 2;\nselect 3')).toEqual(['select 1;', 'select 2;', 'select 3']);
});

test.each([
  `select 'a;b''c;d';`,
  `select e'it\\'s;';`,
  `select "odd;name";`,
  `do $$ begin; perform 1; end $$;`,
  `do $body$ select '$$;'; $body$;`,
  `select 1 /* one; /* two; */ three; */ + 1;`,
  `select a$b, c$b;`,
])('%s is one statement', (script) => {
  expect(texts(script)).toEqual([script]);
});

test('comments between statements belong to none, and lines are counted', () => {
  const script = '-- why; because\n\ncreate table a ();\n-- and; then\ncreate table b ();\n-- the end\n';
  expect(statementsOf(script)).toEqual([
    { text: 'create table a ();', line: 3 },
    { text: 'create table b ();', line: 5 },
  ]);
});
