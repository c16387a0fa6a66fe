import assert from 'node:assert/strict';
import { test } from 'node:test';

import { priceOf, stripe } from './client.mjs';

test('products and prices', async () => {
  const product = await stripe.products.create({ name: 'Kopi', metadata: { rak: '3' } });
  assert.deepEqual([product.object, product.active, product.livemode], ['product', true, false]);
  const price = await stripe.prices.create({
    product: product.id,
    unit_amount: 20_000,
    currency: 'idr',
    lookup_key: 'kopi-node',
  });
  assert.deepEqual([price.unit_amount, price.currency, price.type], [20_000, 'IDR', 'one_time']);
  const shown = await stripe.prices.retrieve(price.id, { expand: ['product'] });
  assert.deepEqual([shown.product.name, shown.product.metadata], ['Kopi', { rak: '3' }]);
  const changed = await stripe.products.update(product.id, { metadata: { rak: '', lantai: '2' } });
  assert.deepEqual(changed.metadata, { lantai: '2' });
  assert.equal((await stripe.prices.update(price.id, { nickname: 'L' })).nickname, 'L');

  const ids = (list) => list.data.map((each) => each.id);
  assert.deepEqual(ids(await stripe.prices.list({ product: product.id })), [price.id]);
  assert.deepEqual(ids(await stripe.prices.list({ lookup_keys: ['kopi-node', 'x'] })), [price.id]);
  assert.deepEqual(ids(await stripe.prices.list({ product: product.id, active: false })), []);
  assert.deepEqual(ids(await stripe.products.list({ ids: [product.id, 'prod_x'] })), [product.id]);
  await stripe.products.update(product.id, { active: false });
  assert.deepEqual(ids(await stripe.products.list({ active: false })), [product.id]);
});

test('a payment link', async () => {
  const price = await priceOf('Teh');
  const link = await stripe.paymentLinks.create({ line_items: [{ price: price.id, quantity: 2 }] });
  assert.deepEqual([link.object, link.active, link.currency], ['payment_link', true, 'IDR']);
  assert.match(link.url, /^http:\/\/.*\/l\//);
  const items = await stripe.paymentLinks.listLineItems(link.id);
  assert.deepEqual(items.data.map((each) => [each.quantity, each.amount_total]), [[2, 40_000]]);
  assert.equal((await stripe.paymentLinks.update(link.id, { active: false })).active, false);
  const paused = await stripe.paymentLinks.list({ active: false });
  assert.deepEqual(paused.data.map((each) => each.id), [link.id]);
  assert.deepEqual((await stripe.paymentLinks.list({ active: true })).data, []);
});

test('the account', async () => {
  assert.equal((await stripe.accounts.retrieveCurrent()).object, 'account');
});
