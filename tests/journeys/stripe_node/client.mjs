// What every test here begins with: the SDK pointed at the stack, and a shopper who pays.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';

const { TAUTAN_API, TAUTAN_KEY, TAUTAN_SANDBOX } = process.env;
const api = new URL(TAUTAN_API);

export const clientOf = (key, options = {}) =>
  new Stripe(key, {
    host: api.hostname,
    port: api.port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    ...options,
  });

export const stripe = clientOf(TAUTAN_KEY);

export const priceOf = async (name, more = {}) =>
  stripe.prices.create({ currency: 'idr', unit_amount: 20_000, product_data: { name }, ...more });

export const sessionOf = async (price) =>
  stripe.checkout.sessions.create({
    mode: 'payment',
    success_url: 'https://toko.example/terima-kasih',
    line_items: [{ price: price.id, quantity: 1 }],
  });

/** The session once the shopper has paid in the sandbox and the webhook has come. */
export const paid = async (session) => {
  const lever = `${TAUTAN_SANDBOX}/_sandbox/payment_intents/${session.psp.payment_intent}/approve`;
  assert.equal((await fetch(lever, { method: 'POST' })).status, 200);
  for (let tries = 0; tries < 100; tries += 1) {
    const now = await stripe.checkout.sessions.retrieve(session.id);
    if (now.payment_status === 'paid') return now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail(`${session.id} is not paid after ten seconds`);
};

export const once = () => ({ idempotencyKey: randomUUID() });

/** The SDK raises its own error, with our request's id. */
export const refused = async (promise, kind, status, code) => {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    (reason) => reason,
  );
  assert.equal(error.constructor, Stripe.errors[kind], String(error));
  assert.deepEqual([error.statusCode, error.code], [status, code]);
  assert.match(error.requestId, /^req_/);
  return error;
};
