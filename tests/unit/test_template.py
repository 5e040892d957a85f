"""template.yaml keeps what the design promises and a deployment would only show too late."""

import string
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

import account_link
from account_link import token_cipher
from local.template import (
    TEMPLATE_FILE,
    Route,
    Template,
    function_environment,
    function_folder,
    function_timeouts,
    functions,
    load_template,
    public_routes,
    resources,
    routes,
)

BASE = "/v1/trainingpeaks"
ROUTES = {
    Route("POST", f"{BASE}/auth", "StartAuthFunction", is_public=False),
    Route("GET", f"{BASE}/callback", "CallbackFunction", is_public=True),
    Route("POST", f"{BASE}/link", "ConfirmFunction", is_public=False),
    Route("GET", f"{BASE}/status", "StatusFunction", is_public=False),
    Route("PUT", f"{BASE}/auto-upload", "ToggleFunction", is_public=False),
    Route("DELETE", f"{BASE}/link", "UnlinkFunction", is_public=False),
}
FOLDERS = {
    "StartAuthFunction": "start_auth",
    "CallbackFunction": "callback",
    "ConfirmFunction": "confirm",
    "StatusFunction": "status",
    "ToggleFunction": "toggle",
    "UnlinkFunction": "unlink",
}
# Everything that a function may do beside writing logs and, through DynamoDB, using the table's key.
RIGHTS = {
    "StartAuthFunction": {"dynamodb:UpdateItem", "dynamodb:DeleteItem"},
    "CallbackFunction": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "dynamodb:PutItem",
        "dynamodb:DeleteItem",
        "kms:GenerateDataKey",
        "secretsmanager:GetSecretValue",
    },
    "ConfirmFunction": {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"},
    "StatusFunction": {"dynamodb:GetItem"},
    "ToggleFunction": {"dynamodb:UpdateItem"},
    "UnlinkFunction": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "kms:Decrypt",
        "secretsmanager:GetSecretValue",
    },
}
RESOURCES = {
    "dynamodb": {"Fn::GetAtt": ["LinkTable", "Arn"]},
    "kms": {"Fn::GetAtt": ["TokenKey", "Arn"]},
    "secretsmanager": {"Ref": "ClientSecret"},
}
CRYPTOGRAPHY = {
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
}
THROUGH_DYNAMODB = {"StringEquals": {"kms:ViaService": {"Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}}}
ONE_GRANT_OF_ONE_USER = {
    "StringEquals": {"kms:EncryptionContext:purpose": token_cipher.PURPOSE},
    "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["user", "purpose", "grant"]},
    "Null": {"kms:EncryptionContext:user": "false", "kms:EncryptionContext:grant": "false"},
}
HTTP_API_LIMIT = timedelta(seconds=30)
COMMON_VARIABLES = {
    "TABLE_NAME",
    "TOKEN_KEY_ID",
    "LOG_LEVEL",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "DEPLOYMENT",
    "TRAININGPEAKS_OAUTH_URL",
    "TRAININGPEAKS_API_URL",
    "TRAININGPEAKS_CLIENT_ID",
    "CLIENT_SECRET_NAME",
    "RETURN_URLS",
    "CALLBACK_URL",
    "LOCAL_USER_ID",
    "AWS_ENDPOINT_URL",
}

type Statement = dict[str, Any]


@pytest.fixture(scope="module")
def template() -> Template:
    return load_template()


@pytest.fixture(scope="module")
def deployed() -> Template:
    """Return what AWS makes of the template: plain CloudFormation."""
    template = load_template()
    for resource in template["Resources"].values():
        for source in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][source] = "s3://artifacts/code"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="eu-central-1"))
    result: Template = translator.translate(template, {})
    return result


@pytest.fixture(scope="module")
def table(template: Template) -> dict[str, Any]:
    (table,) = resources(template, "AWS::DynamoDB::Table").values()
    return table


@pytest.fixture(scope="module")
def key(template: Template) -> dict[str, Any]:
    (key,) = resources(template, "AWS::KMS::Key").values()
    return key


def _actions(statement: Statement) -> list[str]:
    actions: str | list[str] = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


def _own_statements(template: Template, function: str) -> Iterator[Statement]:
    for policy in functions(template)[function]["Policies"]:
        yield from policy.get("Statement", [])


def _all_statements(template: Template, function: str) -> Iterator[Statement]:
    """Yield a function's own statements and those of the policies that it names."""
    yield from _own_statements(template, function)
    managed = resources(template, "AWS::IAM::ManagedPolicy")
    for policy in functions(template)[function]["Policies"]:
        if "Ref" in policy:
            yield from managed[policy["Ref"]]["PolicyDocument"]["Statement"]


def test_each_route_has_its_function(template: Template) -> None:
    assert set(routes(template)) == ROUTES
    assert len(routes(template)) == len(ROUTES)


def test_each_function_has_its_folder_and_its_handler(template: Template) -> None:
    assert {name: function_folder(template, name) for name in functions(template)} == {
        name: TEMPLATE_FILE.parent / "functions" / folder for name, folder in FOLDERS.items()
    }
    assert {function["Handler"] for function in functions(template).values()} == {"app.lambda_handler"}


def test_only_the_callback_is_public(template: Template) -> None:
    assert public_routes(template) == {("GET", f"{BASE}/callback")}


def test_api_gateway_asks_for_a_kinni_jwt_on_every_other_route(deployed: Template) -> None:
    api = deployed["Resources"]["HttpApi"]["Properties"]["Body"]
    asked = {
        (method.upper(), path): [*requirement]
        for path, operations in api["paths"].items()
        for method, operation in operations.items()
        for requirement in operation["security"]
    }
    assert asked == {(route.method, route.path): ["NONE" if route.is_public else "KinniJwt"] for route in ROUTES}
    authorizer = api["components"]["securitySchemes"]["KinniJwt"]["x-amazon-apigateway-authorizer"]
    assert authorizer["type"] == "jwt"
    assert authorizer["jwtConfiguration"] == {"issuer": {"Ref": "JwtIssuer"}, "audience": [{"Ref": "JwtAudience"}]}


def test_every_function_ends_before_the_http_api_gives_up(template: Template) -> None:
    longest = timedelta(seconds=29)
    shorter = timedelta(seconds=15)
    outside = {"CallbackFunction", "UnlinkFunction"}
    assert function_timeouts(template) == {name: longest if name in outside else shorter for name in FOLDERS}
    assert longest < HTTP_API_LIMIT


def test_everything_runs_on_python_3_13_and_arm64_unless_told_otherwise(template: Template) -> None:
    (layer,) = resources(template, "AWS::Serverless::LayerVersion").values()
    for function in functions(template).values():
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == [{"Ref": "Architecture"}]
        assert function["Layers"] == [{"Ref": "AccountLinkLayer"}]
    assert layer["CompatibleArchitectures"] == [{"Ref": "Architecture"}]
    assert template["Parameters"]["Architecture"]["Default"] == "arm64"
    assert set(template["Parameters"]["Architecture"]["AllowedValues"]) == {"arm64", "x86_64"}


def test_the_layer_is_built_for_the_architecture_of_the_functions(template: Template) -> None:
    assert template["Resources"]["AccountLinkLayer"]["Metadata"] == {
        "BuildMethod": "python3.13",
        "BuildArchitecture": {"Ref": "Architecture"},
    }


def test_the_table_is_on_demand_with_one_key_and_a_time_to_live(table: dict[str, Any]) -> None:
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "pk", "AttributeType": "S"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


def test_the_table_can_be_recovered_to_any_point_in_time(table: dict[str, Any]) -> None:
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_is_encrypted_with_the_projects_own_key(table: dict[str, Any]) -> None:
    assert table["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": {"Fn::GetAtt": ["TokenKey", "Arn"]},
    }


def test_the_key_rotates(key: dict[str, Any]) -> None:
    assert key["EnableKeyRotation"] is True


@pytest.mark.parametrize("resource", ["LinkTable", "TokenKey"])
def test_links_outlive_a_stack_deleted_by_mistake(template: Template, resource: str) -> None:
    assert template["Resources"][resource]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert template["Resources"][resource]["UpdateReplacePolicy"] == "Retain"


def test_the_key_works_for_the_table_and_for_one_users_grant_and_for_nothing_else(key: dict[str, Any]) -> None:
    conditions = [
        statement.get("Condition")
        for statement in key["KeyPolicy"]["Statement"]
        if CRYPTOGRAPHY & set(_actions(statement))
    ]
    assert conditions == [THROUGH_DYNAMODB, ONE_GRANT_OF_ONE_USER]


def test_only_principals_of_this_account_reach_the_key(key: dict[str, Any]) -> None:
    principals = [statement["Principal"] for statement in key["KeyPolicy"]["Statement"]]
    account = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert principals == [account] * len(principals)


@pytest.mark.parametrize("function", FOLDERS)
def test_a_function_has_the_rights_it_needs_and_no_more(template: Template, function: str) -> None:
    statements = list(_own_statements(template, function))
    actions = [action for statement in statements for action in _actions(statement)]
    assert sorted(actions) == sorted(RIGHTS[function])
    for statement in statements:
        (service,) = {action.partition(":")[0] for action in _actions(statement)}
        assert statement["Resource"] == RESOURCES[service]


@pytest.mark.parametrize("function", FOLDERS)
def test_no_function_may_do_everything_of_a_kind(template: Template, function: str) -> None:
    for statement in _all_statements(template, function):
        assert statement["Effect"] == "Allow"
        assert not [action for action in _actions(statement) if "*" in action]
        assert statement["Resource"] != "*"
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()


@pytest.mark.parametrize("function", FOLDERS)
def test_sealed_tokens_open_for_unlink_only(template: Template, function: str) -> None:
    conditions = [
        statement["Condition"]
        for statement in _all_statements(template, function)
        if "kms:Decrypt" in _actions(statement)
    ]
    opens_tokens = function == "UnlinkFunction"
    assert conditions == ([ONE_GRANT_OF_ONE_USER] if opens_tokens else []) + [THROUGH_DYNAMODB]


def test_a_data_key_is_made_for_one_grant_of_one_user(template: Template) -> None:
    (condition,) = (
        statement["Condition"]
        for statement in _own_statements(template, "CallbackFunction")
        if "kms:GenerateDataKey" in _actions(statement)
    )
    assert condition == ONE_GRANT_OF_ONE_USER


def test_every_log_is_kept_for_a_set_time(template: Template) -> None:
    groups = resources(template, "AWS::Logs::LogGroup")
    logging = {name: function["LoggingConfig"]["LogGroup"]["Ref"] for name, function in functions(template).items()}
    (api,) = resources(template, "AWS::Serverless::HttpApi").values()
    assert sorted([*logging.values(), api["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0]]) == sorted(groups)
    assert {str(group["RetentionInDays"]) for group in groups.values()} == {str({"Ref": "LogRetentionDays"})}


def test_the_access_log_has_neither_query_nor_person(template: Template) -> None:
    (api,) = resources(template, "AWS::Serverless::HttpApi").values()
    logged = api["AccessLogSettings"]["Format"]
    assert not [word for word in ("query", "Query", "path", "sourceIp", "identity", "claims") if word in logged]


def test_no_secret_passes_through_the_template(template: Template) -> None:
    secrets = resources(template, "AWS::SecretsManager::Secret")
    assert secrets.keys() == {"ClientSecret", "StateKey"}
    assert all("GenerateSecretString" in secret and "SecretString" not in secret for secret in secrets.values())
    assert not [name for name in template["Parameters"] if "secret" in name.lower()]


def test_the_state_key_is_256_random_bits_in_hexadecimal(template: Template) -> None:
    generated = resources(template, "AWS::SecretsManager::Secret")["StateKey"]["GenerateSecretString"]
    assert generated["ExcludeUppercase"]
    assert generated["ExcludePunctuation"]
    left = set(string.ascii_lowercase + string.digits) - set(generated["ExcludeCharacters"])
    assert left == set("0123456789abcdef")
    assert generated["PasswordLength"] == 64


@pytest.mark.parametrize("function", FOLDERS)
def test_a_function_is_told_what_it_needs(template: Template, function: str) -> None:
    makes_or_reads_states = function in {"StartAuthFunction", "CallbackFunction"}
    expected = COMMON_VARIABLES | ({"STATE_KEY"} if makes_or_reads_states else set())
    assert function_environment(template, function).keys() == expected


@pytest.mark.parametrize("variable", ["LOCAL_USER_ID", "AWS_ENDPOINT_URL"])
def test_what_only_a_laptop_may_set_does_not_exist_on_aws(template: Template, variable: str) -> None:
    value = template["Globals"]["Function"]["Environment"]["Variables"][variable]
    assert value == {"Fn::If": ["IsLocal", "", {"Ref": "AWS::NoValue"}]}
    assert template["Conditions"]["IsLocal"] == {"Fn::Equals": [{"Ref": "Deployment"}, "local"]}
    (rule,) = template["Rules"]["LocalIsNotDeployed"]["Assertions"]
    assert rule["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Deployment"}, "local"]}]}


def test_a_client_that_trainingpeaks_refuses_alarms_the_operators(template: Template) -> None:
    alarm = resources(template, "AWS::CloudWatch::Alarm")["ClientRefusedAlarm"]
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    layer = Path(account_link.__file__).parent
    assert alarm["Namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}]
    assert any(f'count("{alarm["MetricName"]}")' in file.read_text(encoding="utf-8") for file in layer.glob("*.py"))


def test_a_5xx_alarms_the_operators(template: Template) -> None:
    alarm = resources(template, "AWS::CloudWatch::Alarm")["ServerErrorAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/ApiGateway", "5xx")
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]


def test_trainingpeaks_is_the_sandbox_unless_told_otherwise(template: Template) -> None:
    parameters = template["Parameters"]
    assert parameters["Deployment"]["Default"] == "sandbox"
    assert parameters["TrainingPeaksOAuthUrl"]["Default"] == "https://oauth.sandbox.trainingpeaks.com"
    assert parameters["TrainingPeaksApiUrl"]["Default"] == "https://api.sandbox.trainingpeaks.com"


def test_a_deployment_tells_its_url_and_the_callback_to_register(template: Template) -> None:
    derived = "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
    outputs = {name: output["Value"] for name, output in template["Outputs"].items()}
    assert outputs["ApiUrl"] == {"Fn::Sub": derived}
    assert outputs["CallbackUrl"] == {
        "Fn::If": ["CallbackUrlIsDerived", {"Fn::Sub": f"{derived}{BASE}/callback"}, {"Ref": "CallbackUrl"}]
    }
