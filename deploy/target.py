"""Where a stage lives: the account and the region that the operator's AWS settings name."""

import re
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deploy.telling import Refused

STAGE = re.compile(r"[a-z][a-z0-9-]{0,30}", re.ASCII)
# Each call ends within a minute, and is tried three times.
BOUNDED = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 3})


@dataclass(frozen=True, slots=True)
class Target:
    """A stage in an account and a region."""

    stage: str
    region: str
    account: str
    session: botocore.session.Session

    def client(self, service: str) -> Any:
        """A bounded client of an AWS service."""
        return self.session.create_client(service, region_name=self.region, config=BOUNDED)

    @property
    def domain(self) -> str:
        """The domain of AWS's addresses in this region."""
        partition = self.session.get_partition_for_region(self.region)
        return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"


def target(stage: str) -> Target:
    """The stage, where the environment or ~/.aws says; raises Refused."""
    if not STAGE.fullmatch(stage):
        raise Refused(f"'{stage}' is no name of a stage: lower case letters, digits and dashes.")
    session = botocore.session.Session()
    region = session.get_config_variable("region")
    if not region:
        raise Refused("No region: set AWS_REGION, AWS_DEFAULT_REGION or AWS_PROFILE.")
    try:
        sts = session.create_client("sts", region_name=region, config=BOUNDED)
        account = sts.get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise Refused(f"AWS does not know who is asking: {error}") from error
    return Target(stage, region, account, session)
