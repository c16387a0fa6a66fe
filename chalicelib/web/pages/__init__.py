"""The pages that shoppers see: values in, HTML and headers out, nothing else touched."""
