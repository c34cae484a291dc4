// Runs statements one after another in one transaction, as psql -1 -f does, in a process that can be killed.
// Arguments: the database's URL. Standard input: the statements as a JSON list.
import { text } from 'node:stream/consumers';
import pg from 'pg';

const client = new pg.Client({ connectionString: process.argv[2], application_name: 'killed client' });
await client.connect();
await client.query('begin');
for (const statement of JSON.parse(await text(process.stdin))) await client.query(statement);
await client.query('commit');
await client.end();
