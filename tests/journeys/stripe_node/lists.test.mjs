import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stripe } from './client.mjs';

test('every page of a list, both ways, by a time and a filter', async () => {
  const names = Array.from({ length: 23 }, (_, number) => `Barang ${number}`);
  const made = [];
  for (const name of names) made.push(await stripe.products.create({ name }));
  const since = { limit: 5, active: true, created: { gte: made[0].created } };
  const seen = [];
  for await (const product of stripe.products.list(since)) {
    seen.push(product.name);
    if (seen.length === 3) await stripe.products.create({ name: 'born meanwhile' });
  }
  assert.deepEqual(seen, [...names].reverse());
  const upward = await stripe.products
    .list({ limit: 5, ending_before: made[0].id })
    .autoPagingToArray({ limit: 100 });
  assert.deepEqual(upward.map((each) => each.name), [...names.slice(1), 'born meanwhile']);
});
