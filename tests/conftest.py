"""What every test stands on: credentials that open nothing, and nothing of the developer's own."""

import os

for name in [name for name in os.environ if name.startswith(("AWS_", "TAUTAN_", "WOOSHPAY_"))]:
    del os.environ[name]
os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="ap-southeast-3",
    no_proxy="127.0.0.1,localhost",  # a machine's proxy is not asked for loopback
)
