import assert from 'node:assert/strict';
import { test } from 'node:test';
import Stripe from 'stripe';

import { clientOf, once, paid, priceOf, refused, sessionOf, stripe } from './client.mjs';

/** A client whose first answer gets lost on the way; the SDK tries again by itself. */
const unlucky = () => {
  const sent = [];
  const losing = async (url, options) => {
    const answer = await fetch(url, options);
    sent.push(new Headers(options.headers).get('idempotency-key'));
    if (sent.length === 1) throw new TypeError('fetch failed');
    return answer;
  };
  const httpClient = Stripe.createFetchHttpClient(losing);
  return { sent, client: clientOf(process.env.TAUTAN_KEY, { maxNetworkRetries: 2, httpClient }) };
};

test('an idempotent retry', async () => {
  const key = once();
  const first = await stripe.products.create({ name: 'Teh' }, key);
  const again = await stripe.products.create({ name: 'Teh' }, key);
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers['idempotency-replayed'], 'true');
  await refused(
    stripe.products.create({ name: 'Susu' }, key),
    'StripeAPIError', // Stripe itself answers 400
    422,
    'idempotency_key_reused',
  );
});

test('an answer that got lost is asked for again by the SDK, and nothing is done twice', async () => {
  const { sent, client } = unlucky();
  const product = await client.products.create({ name: 'Roti' });
  assert.equal(sent.length, 2);
  assert.ok(sent[0] !== null && sent[0] === sent[1]);
  const made = (await stripe.products.list()).data.filter((each) => each.name === 'Roti');
  assert.deepEqual(made.map((each) => each.id), [product.id]);
});

test('a refund whose answer got lost is one refund', async () => {
  const session = await paid(await sessionOf(await priceOf('Kopi')));
  const { sent, client } = unlucky();
  const refund = await client.refunds.create({
    payment_intent: session.payment_intent,
    amount: 5_000,
  });
  assert.equal(sent.length, 2);
  assert.ok(sent[0] !== null && sent[0] === sent[1]);
  const made = await stripe.refunds.list({ payment_intent: session.payment_intent });
  assert.deepEqual(made.data.map((each) => [each.id, each.amount]), [[refund.id, 5_000]]);
  const now = await stripe.checkout.sessions.retrieve(session.id);
  assert.deepEqual([now.amount_refunded, now.amount_refundable], [5_000, 15_000]);
});
