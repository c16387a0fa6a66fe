import assert from 'node:assert/strict';
import { test } from 'node:test';

import { once, paid, priceOf, refused, sessionOf, stripe } from './client.mjs';

const ids = (list) => list.data.map((each) => each.id);

test('a session that is paid, and its refunds', async () => {
  const session = await sessionOf(await priceOf('Kopi'));
  assert.deepEqual([session.status, session.payment_status], ['open', 'unpaid']);
  assert.equal(session.amount_total, 20_000);
  const intent = session.payment_intent;
  await refused(
    stripe.refunds.create({ payment_intent: intent, amount: 5_000 }, once()),
    'StripeAPIError',
    409,
    'session_not_paid',
  );
  const done = await paid(session);
  assert.deepEqual([done.status, done.amount_refundable], ['complete', 20_000]);
  assert.deepEqual(ids(await stripe.checkout.sessions.list({ payment_intent: intent })), [
    session.id,
  ]);
  assert.equal((await stripe.paymentIntents.retrieve(intent)).status, 'succeeded');

  const refund = await stripe.refunds.create({ payment_intent: intent, amount: 5_000 }, once());
  assert.deepEqual([refund.status, refund.amount, refund.currency], ['succeeded', 5_000, 'IDR']);
  assert.equal((await stripe.refunds.retrieve(refund.id)).id, refund.id);
  assert.deepEqual(ids(await stripe.refunds.list({ payment_intent: intent })), [refund.id]);
  const second = await refused(
    stripe.refunds.create({ payment_intent: intent, amount: 5_000 }, once()),
    'StripeAPIError',
    409,
    'refund_multiple_not_supported',
  );
  assert.equal(second.raw.details.amount_refundable, 15_000);
});

test('a session that ends', async () => {
  const session = await sessionOf(await priceOf('Susu'));
  const items = await stripe.checkout.sessions.listLineItems(session.id);
  assert.deepEqual(items.data.map((each) => each.description), ['Susu']);
  assert.equal((await stripe.checkout.sessions.expire(session.id)).status, 'expired');
  const expired = await stripe.checkout.sessions.list({ status: 'expired' });
  assert.deepEqual(ids(expired), [session.id]);
});

test('a payment intent', async () => {
  const intent = await stripe.paymentIntents.create({
    amount: 1_000,
    currency: 'idr',
    confirm: true,
    payment_method_data: { type: 'dana' },
    return_url: 'https://toko.example/',
  });
  assert.deepEqual([intent.status, intent.next_action.type], [
    'requires_action',
    'redirect_to_url',
  ]);
  assert.equal((await stripe.paymentIntents.list({ limit: 1 })).data[0].id, intent.id);
  assert.equal((await stripe.paymentIntents.cancel(intent.id)).status, 'canceled');
});
