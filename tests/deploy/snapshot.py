"""Everything that a deployment may have made in a cloud, as AWS describes it."""

import json
from collections.abc import Iterator
from typing import Any

from tests.deploy.cloud import Cloud, Json

MOVES = {"ResponseMetadata", "ApproximateNumberOfMessages", "Location", "storedBytes"}


def snapshot(cloud: Cloud) -> Json:
    """By kind and name; two of them are equal when nothing was made, changed or removed."""
    return {what: _still(found) for what, found in sorted(_everything(cloud))}


def _everything(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    for kind in (
        _functions, _roles, _rules, _queues, _tables, _parameters, _apis, _stacks, _watching, _logs,
    ):  # fmt: skip
        yield from kind(cloud)


def _functions(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    compute = cloud.client("lambda")
    for each in compute.list_functions()["Functions"]:
        name = each["FunctionName"]
        yield f"function {name}", compute.get_function_configuration(FunctionName=name)
        yield f"concurrency {name}", compute.get_function_concurrency(FunctionName=name)
        for what, ask in (
            ("permissions", compute.get_policy),
            ("url", compute.get_function_url_config),
        ):
            try:
                yield f"{what} {name}", ask(FunctionName=name)
            except compute.exceptions.ResourceNotFoundException:
                continue
        found = compute.list_function_event_invoke_configs(FunctionName=name)
        for each in found["FunctionEventInvokeConfigs"]:
            yield f"event invoke {name}", each
    for each in compute.list_event_source_mappings()["EventSourceMappings"]:
        yield f"event source {each['UUID']}", each


def _roles(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    iam = cloud.client("iam")
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        yield f"role {name}", role
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            yield (
                f"policy {name} {policy}",
                iam.get_role_policy(RoleName=name, PolicyName=policy),
            )


def _rules(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    events = cloud.client("events")
    for rule in events.list_rules()["Rules"]:
        yield f"rule {rule['Name']}", rule
        yield f"targets {rule['Name']}", events.list_targets_by_rule(Rule=rule["Name"])["Targets"]


def _queues(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    sqs = cloud.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        yield (
            f"queue {url.rpartition('/')[2]}",
            {name: value for name, value in found.items() if "Approximate" not in name},
        )


def _tables(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    store = cloud.client("dynamodb")
    for name in store.list_tables()["TableNames"]:
        table = store.describe_table(TableName=name)["Table"]
        grows = ("ItemCount", "TableSizeBytes", "GlobalSecondaryIndexes")
        yield f"table {name}", {key: value for key, value in table.items() if key not in grows}
        yield (
            f"indexes {name}",
            [
                {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
                for index in table["GlobalSecondaryIndexes"]
            ],
        )
        yield f"ttl {name}", store.describe_time_to_live(TableName=name)
        backups = store.describe_continuous_backups(TableName=name)
        recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        yield f"recovery {name}", recovery["PointInTimeRecoveryStatus"]


def _parameters(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    ssm = cloud.client("ssm")
    for each in ssm.get_parameters_by_path(Path="/", Recursive=True)["Parameters"]:
        yield f"parameter {each['Name']}", each


def _apis(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    gateway = cloud.client("apigateway")
    for api in gateway.get_rest_apis()["items"]:
        id = api["id"]
        yield f"api {id}", api
        yield f"api stages {id}", gateway.get_stages(restApiId=id)
        yield f"api deployments {id}", gateway.get_deployments(restApiId=id)
        yield f"api answers {id}", gateway.get_gateway_responses(restApiId=id)


def _stacks(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    formation = cloud.client("cloudformation")
    for stack in formation.describe_stacks()["Stacks"]:
        if stack["StackStatus"] != "DELETE_COMPLETE":
            yield f"stack {stack['StackName']}", stack


def _watching(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    watch, sns = cloud.client("cloudwatch"), cloud.client("sns")
    for alarm in watch.describe_alarms()["MetricAlarms"]:
        yield (
            f"alarm {alarm['AlarmName']}",
            {key: value for key, value in alarm.items() if not key.startswith("State")},
        )
    for board in watch.list_dashboards()["DashboardEntries"]:
        body = watch.get_dashboard(DashboardName=board["DashboardName"])["DashboardBody"]
        yield f"dashboard {board['DashboardName']}", json.loads(body)
    for topic in sns.list_topics()["Topics"]:
        yield f"topic {topic['TopicArn'].rpartition(':')[2]}", topic
    for each in sns.list_subscriptions()["Subscriptions"]:
        yield f"subscription {each['Endpoint']}", each


def _logs(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    for group in cloud.client("logs").describe_log_groups()["logGroups"]:
        yield f"log group {group['logGroupName']}", group


def _still(found: Any) -> Any:
    """Without what moves by itself."""
    if isinstance(found, dict):
        return {key: _still(value) for key, value in found.items() if key not in MOVES}
    return [_still(each) for each in found] if isinstance(found, list) else found
