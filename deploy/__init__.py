"""From this repository to AWS: the bundle, the template, the deployment. Never packaged."""
