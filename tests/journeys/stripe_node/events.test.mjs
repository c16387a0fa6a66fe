import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';

import Stripe from 'stripe';

import { refused, stripe } from './client.mjs';

/** A merchant's own system: its address, and a promise of each event that it is told. */
const listening = async () => {
  const came = [];
  const waiting = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const told = [Buffer.concat(parts), request.headers['tautan-signature']];
      (waiting.shift() ?? ((each) => came.push(each)))(told);
      response.writeHead(204).end();
    });
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const next = () =>
    came.length ? came.shift() : new Promise((resolve) => waiting.push(resolve));
  return { server, next, url: `http://127.0.0.1:${server.address().port}/hook` };
};

test('a webhook endpoint is told, and the library verifies it', { timeout: 30_000 }, async () => {
  const { server, next, url } = await listening();
  try {
    const endpoint = await stripe.webhookEndpoints.create({
      url,
      enabled_events: ['product.created'],
      metadata: { erp: '1' },
    });
    assert.deepEqual([endpoint.status, endpoint.url], ['enabled', url]);
    const product = await stripe.products.create({ name: 'Teh Node' });
    let event;
    do {
      const [body, signature] = await next();
      event = stripe.webhooks.constructEvent(body, signature, endpoint.secret);
      assert.throws(
        () => stripe.webhooks.constructEvent(Buffer.from('{}'), signature, endpoint.secret),
        Stripe.errors.StripeSignatureVerificationError,
      );
    } while (event.data.object.id !== product.id); // what happened just before may be told, too
    assert.equal(event.type, 'product.created');

    const shown = await stripe.events.retrieve(event.id);
    assert.deepEqual([shown.type, shown.data.object.name], ['product.created', 'Teh Node']);
    const seen = [];
    for await (const each of stripe.events.list({ type: 'product.created', limit: 1 })) {
      seen.push(each.id);
    }
    assert.ok(seen.includes(event.id));
    assert.equal(new Set(seen).size, seen.length);

    const changed = await stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
    assert.deepEqual([changed.status, changed.secret], ['disabled', undefined]);
    const listed = await stripe.webhookEndpoints.list();
    assert.deepEqual(listed.data.map((each) => each.id), [endpoint.id]);
    assert.equal((await stripe.webhookEndpoints.del(endpoint.id)).deleted, true);
    await refused(
      stripe.webhookEndpoints.retrieve(endpoint.id),
      'StripeInvalidRequestError',
      404,
      'resource_missing',
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
