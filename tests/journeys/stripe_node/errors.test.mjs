import { test } from 'node:test';

import { clientOf, refused, stripe } from './client.mjs';

test('errors are of the SDK’s own kinds', async () => {
  const invalid = 'StripeInvalidRequestError';
  await refused(stripe.products.retrieve('prod_none'), invalid, 404, 'resource_missing');
  await refused(
    stripe.products.create({ name: 'x', shipable: true }),
    invalid,
    400,
    'parameter_unknown',
  );
  await refused(stripe.prices.list({ customer: 'x' }), invalid, 400, 'parameter_unknown');
  const nobody = clientOf('sk_test_none');
  await refused(nobody.products.list(), 'StripeAuthenticationError', 401, 'api_key_invalid');
});
